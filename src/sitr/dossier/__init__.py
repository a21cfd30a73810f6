"""dossier: see docs/house.md."""
