"""A reed contact: closed, and low, while the door is."""

from collections.abc import Mapping

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Wired


def create(_: Made) -> Wired:
    """Make the twin."""
    return DoorContact()


class DoorContact:
    """Sits on a door that an order opens and closes."""

    def __init__(self) -> None:
        self._open = False

    def levels(self, scene: Scene, at: float) -> Mapping[str, int]:  # noqa: ARG002 - a door waits
        """Low while the door is closed."""
        return {"contact": int(self._open)}

    def driven(self, role: str, level: int, at: float) -> None:
        """Nobody drives a contact."""

    def order(self, what: str, how: object) -> bool:
        """Move the door: ``door``, open or closed."""
        if what == "door" and how in ("open", "closed"):
            self._open = how == "open"
            return True
        return False
