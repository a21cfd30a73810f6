"""fingerprint: see docs/house.md."""
