"""Emulated devices that speak real bytes, with fault switches, in a world that lives by itself."""
