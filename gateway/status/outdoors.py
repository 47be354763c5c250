"""Road and weather: what would keep somebody from driving on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.status.observation import Observation
from gateway.status.trouble import Severity, Trouble
from hardware.place import Name

# Cel; salted roads freeze below zero, wet ones at it, and sensors are a few tenths off.
MAY_FREEZE = 0.5
_WET = ("wet", "damp", "wet_with_salt", "damp_with_salt")


@dataclass(frozen=True, slots=True)
class _Limit:
    """A value from which on something is wrong; ``below`` turns it round."""

    quantity: str
    code: str
    warning: float
    alarm: float
    says: Name
    below: bool = False


_LIMITS = (
    # mm; ploughs go out at 100, and a car without chains sticks at 300.
    _Limit("snow_depth", "heavy_snow", 100, 300, Name("積雪 {:.0f} mm", "snow {:.0f} mm deep")),
    # mm over the road; at 100 the kerb is hidden, at 300 engines stall.
    _Limit("water_level", "high_water", 100, 300, Name("水位 {:.0f} mm", "water {:.0f} mm high")),
    # m; a road authority's limits for warning signs and for closing.
    _Limit(
        "visibility", "poor_visibility", 400, 100,
        Name("視程 {:.0f} m", "visibility {:.0f} m"), below=True,
    ),
    # mm/h; JMA's words: from 20 "strong", from 50 "very violent: driving is dangerous".
    _Limit("rain_intensity", "heavy_rain", 20, 50, Name("強い雨 {:.0f} mm/h", "rain {:.0f} mm/h")),
    # m/s; JMA's words: from 15 "strong" (high vehicles drift), from 25 "violent".
    _Limit("wind_speed", "strong_wind", 15, 25, Name("強風 {:.0f} m/s", "wind {:.0f} m/s")),
    # ratio; a road authority calls less than 0.6 icy, and polished ice has 0.2.
    _Limit(
        "friction", "slippery", 0.6, 0.3,
        Name("滑りやすい路面 摩擦 {:.2f}", "slippery, friction {:.2f}"), below=True,
    ),
    # ug/m3; the ministry's advice against staying outdoors is at 70 of PM2.5, twice the standard.
    _Limit("pm25", "dust", 35, 70, Name("微小粒子 PM2.5 {:.0f} µg/m³", "PM2.5 {:.0f} µg/m³")),
)  # fmt: skip

_SURFACES = {
    "ice": (Severity.ALARM, Name("路面凍結", "ice on the road")),
    "frost": (Severity.ALARM, Name("路面に霜", "frost on the road")),
    "snow": (Severity.WARNING, Name("路面に雪", "snow on the road")),
}


def troubles(observations: Sequence[Observation]) -> Iterable[Trouble]:
    """Say what is dangerous on the road now; of several sensors or channels the worst."""
    found: dict[str, Trouble] = {}
    for trouble in _all(observations):
        known = found.get(trouble.code)
        if known is None or trouble.severity > known.severity:
            found[trouble.code] = trouble
    return found.values()


def _all(observations: Sequence[Observation]) -> Iterable[Trouble]:
    for seen in observations:
        if seen.quantity.name == "road_surface" and isinstance(seen.value, str):
            yield from _surface(seen, _coldest(observations))
        for limit in _LIMITS:
            if limit.quantity == seen.quantity.name:
                yield from _over(seen, limit)


def _surface(seen: Observation, coldest: float | None) -> Iterable[Trouble]:
    since = None if seen.since is None else seen.since.at
    if seen.value in _SURFACES:
        severity, says = _SURFACES[str(seen.value)]
        yield Trouble(f"road_{seen.value}", severity, says, since, seen.series.device)
    elif seen.value in _WET and coldest is not None and coldest <= MAY_FREEZE:
        says = Name(
            f"凍結のおそれ 路面 {coldest:.1f} ℃", f"may freeze, road surface {coldest:.1f} °C"
        )
        yield Trouble("may_freeze", Severity.WARNING, says, since, seen.series.device)


def _coldest(observations: Iterable[Observation]) -> float | None:
    known = [
        number
        for seen in observations
        if seen.quantity.name == "road_temperature" and (number := seen.number()) is not None
    ]
    return min(known, default=None)


def _over(seen: Observation, limit: _Limit) -> Iterable[Trouble]:
    number = seen.number()
    if number is None:
        return
    sign = -1 if limit.below else 1
    if sign * number < sign * limit.warning:
        return
    severity = Severity.ALARM if sign * number >= sign * limit.alarm else Severity.WARNING
    says = Name(limit.says.ja.format(number), limit.says.en.format(number))
    yield Trouble(limit.code, severity, says, None, seen.series.device)
