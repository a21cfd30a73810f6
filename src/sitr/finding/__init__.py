"""finding: see docs/house.md."""
