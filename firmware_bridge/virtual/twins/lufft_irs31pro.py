"""Lufft IRS31Pro-UMB: a slave on a UMB bus, class 9, id 1. Operating Manual V10, 18.3."""

import struct

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks
from hardware.checksum import crc16_mcrf4xx

_ADDRESS = 0x9001
_ONE, _SEVERAL, _VERSION = 0x23, 0x2F, 0x10
_INVALID_CHANNEL, _NO_VALID_DATA = 0x24, 0x54
_UNKNOWN_COMMAND, _INVALID_PARAMETER = 0x10, 0x11
_FLOAT, _BYTE = 0x16, 0x10
_CONDITIONS = {"dry": 10, "damp": 15, "wet": 20, "ice": 35, "snow": 40, "frost": 45}


def create(_: Made) -> Talks:
    """Make the twin."""
    return Irs31Pro()


class Irs31Pro:
    """Answers requests for one channel (23h) and for several (2Fh)."""

    every = 0.0

    def __init__(self) -> None:
        self._received = b""

    def emit(self, scene: Scene) -> bytes:  # noqa: ARG002 - a slave speaks when spoken to
        """Say nothing."""
        return b""

    def respond(self, received: bytes, scene: Scene) -> bytes:
        """Answer each whole request to this address whose CRC holds."""
        self._received = (self._received + received)[-512:]
        answers = b""
        while (at := self._received.find(b"\x01\x10")) >= 0:
            self._received = self._received[at:]
            length = self._received[6] + 12 if len(self._received) > 6 else 0
            if not length or len(self._received) < length:
                break
            request = self._received[:length]
            if request[-3:-1] != crc16_mcrf4xx(request[:-3]).to_bytes(2, "little"):
                self._received = self._received[1:]
                continue
            self._received = self._received[length:]
            answers += self._answer(request, scene)
        return answers

    def _answer(self, request: bytes, scene: Scene) -> bytes:
        to, sender = struct.unpack_from("<HH", request, 2)
        if to != _ADDRESS:
            return b""
        command, body = request[8], request[10:-4]
        try:
            payload = _payload(command, body, scene)
        except (struct.error, IndexError):
            payload = bytes((_INVALID_PARAMETER,))
        return _framed(sender, bytes((command, _VERSION)) + payload)


def _payload(command: int, body: bytes, scene: Scene) -> bytes:
    if command == _ONE:
        return _channel(struct.unpack("<H", body)[0], scene)
    if command == _SEVERAL:
        channels = struct.unpack_from(f"<{body[0]}H", body, 1)
        parts = [_channel(channel, scene) for channel in channels]
        return bytes((0, len(parts))) + b"".join(bytes((len(p),)) + p for p in parts)
    return bytes((_UNKNOWN_COMMAND,))


def _channel(number: int, scene: Scene) -> bytes:
    """Status, channel, type and value; a channel without a value has only the first two."""
    head = number.to_bytes(2, "little")
    values = {101: scene.road_temperature, 601: min(4000.0, scene.water_film)}
    if number in values:
        return b"\x00" + head + bytes((_FLOAT,)) + struct.pack("<f", values[number])
    if number == 900:
        return b"\x00" + head + bytes((_BYTE, _CONDITIONS[scene.road_surface]))
    if number == 151:  # no salt on the road: there is no other freezing point to tell
        return bytes((_NO_VALID_DATA,)) + head
    return bytes((_INVALID_CHANNEL,)) + head


def _framed(to: int, body: bytes) -> bytes:
    head = struct.pack("<BBHHBB", 0x01, 0x10, to, _ADDRESS, len(body), 0x02)
    checked = head + body + b"\x03"
    return checked + crc16_mcrf4xx(checked).to_bytes(2, "little") + b"\x04"
