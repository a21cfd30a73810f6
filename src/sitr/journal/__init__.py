"""journal: see docs/house.md."""
