"""HCI events made: what a Bluetooth controller would send for an advertisement it heard."""

FLAGS = b"\x02\x01\x06"
ADVERTISEMENT, SCAN_RESPONSE = 0x00, 0x04


def company(number: int, payload: bytes) -> bytes:
    """Make the advertising data structure of a company."""
    return _structure(0xFF, number.to_bytes(2, "little") + payload)


def service(number: int, payload: bytes) -> bytes:
    """Make the advertising data structure of a service with a 16-bit UUID."""
    return _structure(0x16, number.to_bytes(2, "little") + payload)


def report(address: str, data: bytes, *, kind: int = ADVERTISEMENT, rssi: int = -67) -> bytes:
    """Make the H4 packet of one legacy advertising report."""
    if len(data) > 31:
        raise ValueError(f"{len(data)} bytes do not fit into a legacy advertisement of 31")
    head = bytes((kind, 0x01)) + bytes.fromhex(address.replace(":", ""))[::-1]
    body = b"\x02\x01" + head + bytes((len(data),)) + data + rssi.to_bytes(1, "big", signed=True)
    return bytes((0x04, 0x3E, len(body))) + body


def _structure(kind: int, payload: bytes) -> bytes:
    return bytes((len(payload) + 1, kind)) + payload
