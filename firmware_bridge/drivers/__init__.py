"""Devices that need a conversation or a key: one file each, found by the name that a profile gives.

A module has a function ``create``; what it takes and gives depends on the profile's kind and is
written in ``firmware_bridge.devices``.
"""
