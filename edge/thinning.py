"""Which of the measurements become readings, by the profile's ``[report]``.

A radar says ten times a second what has not changed. A state is told when it changes, and again
after a while; a gauge is told once in a while. Events, and the coming and going of a value, are
always told.
"""

from collections.abc import Iterator
from dataclasses import replace

from hardware.profile import Report
from hardware.quantity import Kind
from hardware.reading import Absence, Measurement


class Thinner:
    """Remembers what was told of one device."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: dict[tuple[str, str], tuple[int, Measurement]] = {}

    def lets_pass(self, measurement: Measurement, at_us: int) -> bool:
        """Whether a measurement, made at ``at_us`` since boot, is to be told."""
        kind = measurement.quantity.kind
        if kind is Kind.EVENT:
            return True
        key = (measurement.quantity.name, measurement.channel)
        told = self._told.get(key)
        pause = self._report.repeat if kind is Kind.STATE else self._report.every
        if told is not None:
            is_early = at_us - told[0] < pause * 1_000_000
            if is_early and not _turned(told[1], measurement):
                return False
        self._told[key] = (at_us, measurement)
        return True

    def silence(self) -> Iterator[Measurement]:
        """Give, for all that was told with a value, that nothing is heard any more."""
        for at_us, measurement in list(self._told.values()):
            if not isinstance(measurement.value, Absence):
                silent = replace(measurement, value=Absence.SILENT)
                self._told[measurement.quantity.name, measurement.channel] = (at_us, silent)
                yield silent


def _turned(before: Measurement, after: Measurement) -> bool:
    """Whether the value is another one: of a number, only whether there is one at all."""
    holds = after.quantity.kind is Kind.STATE
    one_is_nothing = isinstance(before.value, Absence) or isinstance(after.value, Absence)
    return (holds or one_is_nothing) and before.value != after.value
