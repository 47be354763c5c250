"""Is the air good to be in? The worst of what is measured decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.status.observation import Observation
from gateway.status.trouble import Severity, Trouble
from hardware.place import Name

# ppm; the Japanese building sanitation law's limit for managed buildings. Above it: air the room.
CO2_VENTILATE = 1000
# ppm; the school sanitation standard's limit. Above it people tire and catch each other's colds.
CO2_BAD = 1500
# Cel; the office sanitation rule's range since 2022. Heat stroke begins indoors, among the old.
TOO_COLD, TOO_HOT = 18.0, 28.0
# %RH; the same rule's range.
TOO_DRY, TOO_HUMID = 40.0, 70.0


class Verdict(StrEnum):
    """What the air is like."""

    GOOD = "good"
    FAIR = "fair"  # outside the comfortable range of temperature or humidity
    VENTILATE = "ventilate"
    BAD = "bad"
    UNKNOWN = "unknown"


_ORDER = (Verdict.GOOD, Verdict.FAIR, Verdict.VENTILATE, Verdict.BAD)


@dataclass(frozen=True, slots=True)
class Air:
    """The air of a space: the worst value of each kind, and what that makes of it."""

    verdict: Verdict
    co2: float | None = None
    temperature: float | None = None
    humidity: float | None = None


def air(observations: Sequence[Observation]) -> Air | None:
    """Judge the air of one space; None where nothing of it is measured at all."""
    gauges = [seen for seen in observations if seen.quantity.name in _JUDGES]
    if not gauges:
        return None
    values = {name: _worst(name, gauges) for name in _JUDGES}
    verdicts = [_JUDGES[name](value) for name, value in values.items() if value is not None]
    return Air(
        max(verdicts, key=_ORDER.index, default=Verdict.UNKNOWN),
        co2=values["co2"],
        temperature=values["air_temperature"],
        humidity=values["relative_humidity"],
    )


def troubles(state: Air | None) -> Iterable[Trouble]:
    """Say when somebody should open a window."""
    if state is None or state.co2 is None:
        return
    if state.verdict is Verdict.BAD:
        yield Trouble(
            "air_bad",
            Severity.WARNING,
            Name(
                f"空気が悪い CO2 {state.co2:.0f} ppm 窓を開けてください",
                f"bad air, CO2 {state.co2:.0f} ppm: open the windows",
            ),
        )
    elif state.verdict is Verdict.VENTILATE:
        yield Trouble(
            "ventilate",
            Severity.NOTICE,
            Name(f"換気をおすすめ CO2 {state.co2:.0f} ppm", f"ventilate, CO2 {state.co2:.0f} ppm"),
        )


def _worst(name: str, gauges: Iterable[Observation]) -> float | None:
    numbers = [
        number
        for seen in gauges
        if seen.quantity.name == name and (number := seen.number()) is not None
    ]
    return max(
        numbers, key=lambda number: (_ORDER.index(_JUDGES[name](number)), number), default=None
    )


def _judge_co2(ppm: float) -> Verdict:
    if ppm > CO2_BAD:
        return Verdict.BAD
    return Verdict.VENTILATE if ppm > CO2_VENTILATE else Verdict.GOOD


def _judge_temperature(degrees: float) -> Verdict:
    return Verdict.GOOD if TOO_COLD <= degrees <= TOO_HOT else Verdict.FAIR


def _judge_humidity(percent: float) -> Verdict:
    return Verdict.GOOD if TOO_DRY <= percent <= TOO_HUMID else Verdict.FAIR


_JUDGES = {
    "co2": _judge_co2,
    "air_temperature": _judge_temperature,
    "relative_humidity": _judge_humidity,
}
