"""web: see docs/house.md."""
