"""What a range finder's distance means where it is mounted: the depth of what lies below it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Measurement, Measurements

DISTANCE = QUANTITIES["distance"]
BELOW = 100.0  # mm; a surface that much lower than the ground is a wrong height or an echo


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a range finder hangs.

    Attributes:
        height: from the bare ground, or from the level that counts as 0, to the sensor, in mm.
        shows: ``snow_depth`` or ``water_level``.
    """

    height: float
    shows: str

    def with_depth(self, measurements: Measurements) -> Measurements:
        """Add the depth to each distance; no distance is no depth, for the same reason."""
        depths = tuple(self._depth(m) for m in measurements if m.quantity is DISTANCE)
        return measurements + depths

    def _depth(self, distance: Measurement) -> Measurement:
        value = distance.value
        if isinstance(value, float):
            depth = round(self.height - value)
            value = float(depth) if depth > -BELOW else Absence.IMPLAUSIBLE
        return replace(distance, quantity=QUANTITIES[self.shows], value=value, step=Decimal(1))
