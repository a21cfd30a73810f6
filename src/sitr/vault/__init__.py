"""vault: see docs/house.md."""
