"""The agent on a Pi: it lives with the devices."""
