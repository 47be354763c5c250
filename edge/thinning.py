"""Which of the measurements become readings, by the profile's ``[report]``.

A radar says ten times a second what has not changed. A state is told when it changes, and again
after a while; a gauge is told once in a while. Events, and the coming and going of a value, are
always told.
"""

from hardware.profile import Report
from hardware.quantity import Kind
from hardware.reading import Absence, Measurement, Value


class Thinner:
    """Remembers what was told of one device."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: dict[tuple[str, str], tuple[float, Value]] = {}

    def lets_pass(self, measurement: Measurement, now: float) -> bool:
        """Whether this measurement is to be told at ``now`` (monotonic seconds)."""
        kind = measurement.quantity.kind
        key = (measurement.quantity.name, measurement.channel)
        if kind is Kind.EVENT:
            return True
        told = self._told.get(key)
        pause = self._report.repeat if kind is Kind.STATE else self._report.every
        if told is not None and now - told[0] < pause and not _turned(kind, told[1], measurement):
            return False
        self._told[key] = (now, measurement.value)
        return True

    def told(self) -> list[tuple[str, str]]:
        """List what has been told with a value, as (quantity, channel)."""
        return [key for key, (_, value) in self._told.items() if not isinstance(value, Absence)]


def _turned(kind: Kind, before: Value, measurement: Measurement) -> bool:
    """Whether the value has become another one: for a number, only whether there is one at all."""
    if kind is Kind.STATE or isinstance(before, Absence) or isinstance(measurement.value, Absence):
        return before != measurement.value
    return False
