"""evidence: see docs/house.md."""
