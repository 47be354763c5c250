"""MaxBotix HRXL-MaxSonar-WR, 5 m, looking down from a mast: data sheet PD11500, serial output."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks

_MAST = 2500  # millimetres above the bare ground
_STRAY = 40  # one reading in so many comes with a stray FFh before it


def create(_: Made) -> Talks:
    """Make the twin."""
    return Maxbotix()


class Maxbotix:
    """Reports the distance to the ground or to the snow on it."""

    every = 0.75

    def __init__(self) -> None:
        self._readings = 0

    def emit(self, scene: Scene) -> bytes:
        """Report R, four digits of millimetres, carriage return."""
        self._readings += 1
        stray = b"\xff" if self._readings % _STRAY == 0 else b""
        distance = min(5000, max(300, round(_MAST - scene.snow_depth)))
        return stray + b"R%04d\r" % distance

    def respond(self, received: bytes, scene: Scene) -> bytes:  # noqa: ARG002 - it only speaks
        """Answer nothing: it has no receiver."""
        return b""
