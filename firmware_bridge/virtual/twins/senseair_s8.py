"""Senseair S8: a Modbus RTU slave that answers to its address and to FEh. TDE2067."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks
from hardware.checksum import crc16_modbus

_ANY, _READ_INPUT = 0xFE, 0x04
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS = 1, 2


def create(_: Made) -> Talks:
    """Make the twin."""
    return SenseairS8()


class SenseairS8:
    """Has the input registers 0 to 3: meter status, alarm status, output status, CO2."""

    every = 0.0

    def __init__(self) -> None:
        self._received = b""

    def emit(self, scene: Scene) -> bytes:  # noqa: ARG002 - it only answers
        """Say nothing."""
        return b""

    def respond(self, received: bytes, scene: Scene) -> bytes:
        """Answer requests of eight bytes whose CRC holds."""
        self._received = (self._received + received)[-64:]
        answers = b""
        while len(self._received) >= 8:
            request, rest = self._received[:8], self._received[8:]
            if request[0] != _ANY or _crc(request[:6]) != request[6:]:
                self._received = self._received[1:]
                continue
            self._received = rest
            body = bytes((_ANY,)) + self._answer(request, scene)
            answers += body + _crc(body)
        return answers

    def _answer(self, request: bytes, scene: Scene) -> bytes:
        function = request[1]
        first, count = (int.from_bytes(request[at : at + 2], "big") for at in (2, 4))
        registers = [0, 0, 0, min(10_000, round(scene.co2))]
        if function != _READ_INPUT:
            return bytes((function | 0x80, _ILLEGAL_FUNCTION))
        if count == 0 or first + count > len(registers):
            return bytes((function | 0x80, _ILLEGAL_ADDRESS))
        data = b"".join(value.to_bytes(2, "big") for value in registers[first : first + count])
        return bytes((function, len(data))) + data


def _crc(octets: bytes) -> bytes:
    return crc16_modbus(octets).to_bytes(2, "little")
