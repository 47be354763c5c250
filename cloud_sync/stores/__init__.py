"""Stores: where readings end. One protocol, one contract suite, several engines."""
