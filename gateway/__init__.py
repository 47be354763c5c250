"""The service: HTTP for people and machines."""
