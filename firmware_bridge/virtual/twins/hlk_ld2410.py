"""Hi-Link LD2410: ten basic reports a second. Serial communication protocol v1.02, 2.3."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks


def create(_: Made) -> Talks:
    """Make the twin."""
    return Ld2410()


class Ld2410:
    """Reports one target; leaves its distances behind when it has gone, as the real one does."""

    every = 0.1

    def __init__(self) -> None:
        self._distance = 0

    def emit(self, scene: Scene) -> bytes:
        """Report state, distances in centimetres and energies."""
        state = (3 if scene.moving else 2) if scene.people else 0
        if scene.people:
            self._distance = round(scene.nearest / 10)
        energies = (80 if scene.moving else 0, 60 if scene.people else 0)
        distance = self._distance.to_bytes(2, "little")
        moving, still = (distance + bytes((energy,)) for energy in energies)
        data = b"\x02\xaa" + bytes((state,)) + moving + still + distance + b"\x55\x00"
        length = len(data).to_bytes(2, "little")
        return b"\xf4\xf3\xf2\xf1" + length + data + b"\xf8\xf7\xf6\xf5"

    def respond(self, received: bytes, scene: Scene) -> bytes:  # noqa: ARG002 - we configure none
        """Answer nothing: no command is emulated."""
        return b""
