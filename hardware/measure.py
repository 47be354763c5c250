"""One raw value and its field in, one measurement out.

A device's number becomes a quantity's value here and nowhere else: what the device calls missing,
the unit, the step and the range are the field's. Whatever the raw value is, the result is a value
within the field's range or states, or the reason why there is none.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hardware.profile import Conversion, Field, Key, Pin, Profile, Raw
from hardware.reading import Absence, Measurement, Measurements, Value


@dataclass(frozen=True, slots=True)
class Named:
    """A raw value under the name that a line, a conversation or a decoder library gives it.

    Attributes:
        raw: None where the device says under this name that it does not know.
        suffix: the unit that came with the number, if one did.
        channel: tells several of one name apart; None takes the field's own.
    """

    name: str
    raw: Raw | None
    suffix: str = ""
    channel: str | None = None


def measure_named(profile: Profile, values: Iterable[Named]) -> Measurements:
    """Measure values that have names, in the order of the profile's fields.

    Names that the profile does not list are passed over.
    """
    by_name: dict[str, list[Named]] = {}
    for value in values:
        by_name.setdefault(value.name, []).append(value)
    return collect(
        measure(field, value.raw, value.suffix, channel=value.channel)
        for field in profile.fields
        if isinstance(field.source, Key)
        for value in by_name.get(field.source.name, ())
    )


def measure_pin(profile: Profile, role: str, raw: int) -> Measurements:
    """Measure a pin: its level (1 high, 0 low), or its count."""
    return collect(measure(field, raw) for field in profile.fields if field.source == Pin(role))


def measure(
    field: Field, raw: Raw | None, suffix: str = "", *, channel: str | None = None
) -> Measurement | None:
    """Give the measurement of one raw value; None for an event that did not happen."""
    if raw in field.nothing:
        return None
    return Measurement(
        quantity=field.quantity,
        value=_value(field, raw, suffix),
        channel=field.channel if channel is None else channel,
        step=field.step,
    )


def collect(found: Iterable[Measurement | None]) -> Measurements:
    """Keep what was measured."""
    return tuple(measurement for measurement in found if measurement is not None)


def _value(field: Field, raw: Raw | None, suffix: str) -> Value:
    if raw is None or raw in field.missing or suffix in field.missing:
        return Absence.NOT_AVAILABLE
    if field.quantity.states:
        return field.states.get(raw, Absence.IMPLAUSIBLE)
    conversion = field.by_suffix.get(suffix) if field.by_suffix else field.conversion
    if conversion is None or isinstance(raw, str):
        return Absence.IMPLAUSIBLE
    return _number(field, raw, conversion)


def _number(field: Field, raw: float, conversion: Conversion) -> Value:
    step = float(field.step)
    steps = (raw * conversion.scale + conversion.offset) / step
    if not math.isfinite(steps):
        return Absence.IMPLAUSIBLE
    value = round(round(steps) * step, field.decimals)
    if field.low is not None and value < field.low:
        return Absence.IMPLAUSIBLE
    if field.high is not None and value > field.high:
        return Absence.IMPLAUSIBLE
    return value
