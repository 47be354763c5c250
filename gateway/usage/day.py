"""One day of a space: when it was in use, and when nobody can say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cloud_sync.stores.store import Transition
from gateway.bookings.free import Span
from gateway.status.occupancy import STILL_FOR
from hardware.clock import from_unix_us
from hardware.reading import Absence

# What each quantity says of somebody being there. After the last movement somebody is taken to be
# there for as long as the status says so too.
_THERE = {"presence": "present", "motion": "moving"}
_HOLD = {"presence": timedelta(0), "motion": STILL_FOR}


@dataclass(frozen=True, slots=True)
class Sensed:
    """What one sensor saw of a day.

    Attributes:
        quantity: ``presence`` or ``motion``.
        changes: oldest first.
        until: for how long the last of them may be believed.
    """

    quantity: str
    changes: Sequence[Transition]
    until: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of a space, as far as it has passed.

    Attributes:
        whole: midnight to midnight.
        used: when somebody was there.
        unknown: when no sensor could say.
    """

    whole: Span
    used: tuple[Span, ...]
    unknown: tuple[Span, ...]


def local_day(now: datetime, zone: ZoneInfo) -> Span:
    """Give the day that it is there, midnight to midnight."""
    date = now.astimezone(zone).date()
    midnights = (datetime.combine(date + timedelta(days=days), time(), zone) for days in (0, 1))
    return Span(*(midnight.astimezone(UTC) for midnight in midnights))


def day_of_use(series: Iterable[Sensed], whole: Span, *, now: datetime) -> Day:
    """Fuse what presence and motion sensors saw into one day; what lies after now stays blank."""
    past = Span(whole.start, min(now, whole.end))
    used: list[Span] = []
    known: list[Span] = []
    for sensed in series:
        for span, state in _spans(sensed, past.end):
            if isinstance(state, Absence):
                continue
            known.append(span)
            if state == _THERE.get(sensed.quantity):
                used.append(Span(span.start, span.end + _HOLD[sensed.quantity]))
    clipped = (_within(span, past) for span in merged(used))
    return Day(
        whole,
        used=tuple(span for span in clipped if span.start < span.end),
        unknown=tuple(_gaps(merged([*known, *used]), past)),
    )


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _spans(sensed: Sensed, end: datetime) -> Iterable[tuple[Span, str | Absence]]:
    believed = min(end, sensed.until)
    starts = [from_unix_us(change.at_us) for change in sensed.changes]
    for change, start, following in zip(
        sensed.changes, starts, [*starts[1:], believed], strict=False
    ):
        if start < min(following, believed):
            yield Span(start, min(following, believed)), change.state


def _within(span: Span, limits: Span) -> Span:
    return Span(max(span.start, limits.start), min(span.end, limits.end))


def _gaps(spans: Iterable[Span], whole: Span) -> Iterable[Span]:
    at = whole.start
    for span in spans:
        if at < span.start:
            yield Span(at, min(span.start, whole.end))
        at = max(at, span.end)
    if at < whole.end:
        yield Span(at, whole.end)
