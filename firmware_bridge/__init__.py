"""The bridge to devices: bytes in, bytes out. It knows ports, radios and pins, and no store."""
