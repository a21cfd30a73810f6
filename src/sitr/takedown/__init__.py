"""takedown: see docs/house.md."""
