"""Tags and filters of our templates; built in, so that no template has to load them."""
