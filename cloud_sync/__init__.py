"""The wire, both of its ends, and the store."""
