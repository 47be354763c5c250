"""One twin per model, written from the model's document; see ``firmware_bridge.virtual.twin``."""
