"""A PIR sensor: its output is high while it sees movement, and for some seconds after."""

from collections.abc import Mapping

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Wired

_HOLD = 3.0  # seconds; the shortest that a HC-SR501 can be set to


def create(_: Made) -> Wired:
    """Make the twin."""
    return Pir()


class Pir:
    """Looks at the room."""

    def __init__(self) -> None:
        self._until = 0.0

    def levels(self, scene: Scene, at: float) -> Mapping[str, int]:
        """High while something moves, and ``_HOLD`` longer."""
        if scene.moving:
            self._until = at + _HOLD
        return {"motion": int(at < self._until)}

    def driven(self, role: str, level: int, at: float) -> None:
        """Nobody drives a sensor's output."""

    def order(self, what: str, how: object) -> bool:  # noqa: ARG002 - it has no handle
        """It takes no orders."""
        return False
