"""knowledge: see docs/house.md."""
