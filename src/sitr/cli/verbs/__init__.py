"""The commands that work on cases. Loaded only after Django is set up, so each may import the verbs it calls."""
