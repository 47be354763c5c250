"""Winsen MH-Z19B: command 86h reads the gas concentration. User's manual v1.6."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks


def create(_: Made) -> Talks:
    """Make the twin."""
    return MhZ19b()


class MhZ19b:
    """Answers commands of nine bytes, FFh 01h, command, five more, check."""

    every = 0.0

    def __init__(self) -> None:
        self._received = b""

    def emit(self, scene: Scene) -> bytes:  # noqa: ARG002 - it only answers
        """Say nothing."""
        return b""

    def respond(self, received: bytes, scene: Scene) -> bytes:
        """Answer each whole command to read; damaged ones are not answered."""
        self._received += received
        answers = b""
        while (at := self._received.find(b"\xff\x01")) >= 0 and len(self._received) >= at + 9:
            command, self._received = self._received[at : at + 9], self._received[at + 9 :]
            if command[2] == 0x86 and _check(command[1:8]) == command[8]:
                answers += self._reading(scene)
        self._received = self._received[-16:]
        return answers

    def _reading(self, scene: Scene) -> bytes:
        ppm = min(5000, max(400, round(scene.co2)))
        data = (
            b"\x86" + ppm.to_bytes(2, "big") + bytes((round(scene.room_temperature) + 40, 0, 0, 0))
        )
        return b"\xff" + data + bytes((_check(data),))


def _check(octets: bytes) -> int:
    return (0x100 - sum(octets)) & 0xFF
