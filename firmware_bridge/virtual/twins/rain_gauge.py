"""A tipping bucket: each half millimetre closes its contact for a tenth of a second."""

from collections.abc import Mapping

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Wired

_BUCKET = 0.5  # millimetres
_CLOSED, _PAUSE = 0.1, 0.4  # seconds; a bucket needs a moment to swing back


def create(_: Made) -> Wired:
    """Make the twin."""
    return RainGauge()


class RainGauge:
    """Stands in the rain; what fell before it was put up is not in it."""

    def __init__(self) -> None:
        self._emptied: float | None = None
        self._tipped = -_PAUSE

    def levels(self, scene: Scene, at: float) -> Mapping[str, int]:
        """Low while the bucket swings past the contact."""
        if self._emptied is None:
            self._emptied = scene.rainfall
        full = scene.rainfall - self._emptied >= _BUCKET
        if full and at - self._tipped >= _CLOSED + _PAUSE:
            self._emptied += _BUCKET
            self._tipped = at
        return {"bucket": 0 if 0 <= at - self._tipped < _CLOSED else 1}

    def driven(self, role: str, level: int, at: float) -> None:
        """Nobody drives a contact."""

    def order(self, what: str, how: object) -> bool:  # noqa: ARG002 - the weather moves it
        """It takes no orders; make it rain."""
        return False
