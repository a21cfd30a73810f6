"""cli: see docs/house.md."""
