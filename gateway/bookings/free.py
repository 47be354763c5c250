"""The nearest free times around one that is taken: same space, same length."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WITHIN = timedelta(days=7)  # later than in a week people would rather look at the calendar
GRID = timedelta(minutes=15)  # people ask for quarter hours

# Until sites say their own hours: halls open at nine and close at ten at night.
OPENS, CLOSES = time(9), time(22)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open interval; aware."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether they have a moment in common."""
        return self.start < other.end and other.start < self.end


def nearest_before(
    wanted: Span, taken: Sequence[Span], *, now: datetime, zone: ZoneInfo
) -> Span | None:
    """Find the latest free time that starts before the wanted one and has not begun yet."""
    length = wanted.end - wanted.start
    earliest = max(now, wanted.start - WITHIN)
    ends = [span.start for span in taken] + [end for _, end in _days(wanted, zone)]
    starts = {_down(end) - length for end in ends}
    fitting = (start for start in starts if earliest <= start < wanted.start)
    return _first(sorted(fitting, reverse=True), length, taken, zone)


def nearest_after(
    wanted: Span, taken: Sequence[Span], *, now: datetime, zone: ZoneInfo
) -> Span | None:
    """Find the earliest free time that starts after the wanted one and has not begun yet."""
    length = wanted.end - wanted.start
    latest = wanted.start + WITHIN
    starts = {_up(span.end) for span in taken} | {start for start, _ in _days(wanted, zone)}
    fitting = (
        start for start in starts | {_up(now)} if wanted.start < start <= latest and start >= now
    )
    return _first(sorted(fitting), length, taken, zone)


def _first(
    starts: Iterable[datetime], length: timedelta, taken: Sequence[Span], zone: ZoneInfo
) -> Span | None:
    for start in starts:
        span = Span(start, start + length)
        if _in_opening_hours(span, zone) and not any(span.overlaps(other) for other in taken):
            return span
    return None


def _days(wanted: Span, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Give opening and closing of each day within reach."""
    today = wanted.start.astimezone(zone).date()
    for days in range(-WITHIN.days - 1, WITHIN.days + 2):
        day = today + timedelta(days=days)
        yield (
            datetime.combine(day, OPENS, zone).astimezone(UTC),
            datetime.combine(day, CLOSES, zone).astimezone(UTC),
        )


def _in_opening_hours(span: Span, zone: ZoneInfo) -> bool:
    """Whether it lies within one day's hours; what is longer than a day's hours never does."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    return start.date() == end.date() and start.time() >= OPENS and end.time() <= CLOSES


def _up(moment: datetime) -> datetime:
    return moment + (-_past_grid(moment) % GRID)


def _down(moment: datetime) -> datetime:
    return moment - _past_grid(moment)


def _past_grid(moment: datetime) -> timedelta:
    past_hour = moment - moment.replace(minute=0, second=0, microsecond=0)
    return past_hour % GRID
