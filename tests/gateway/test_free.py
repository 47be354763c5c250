"""The nearest free times, against a search that tries every quarter of an hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.bookings.free import CLOSES, GRID, OPENS, WITHIN, Span, nearest_after, nearest_before

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = datetime(2026, 11, 23, tzinfo=TOKYO).astimezone(UTC)
HOUR = timedelta(hours=1)


def at(hour, day=0):
    return MONDAY + day * 24 * HOUR + hour * HOUR


def test_the_nearest_are_right_before_and_right_after():
    taken = [Span(at(13), at(15))]
    wanted = Span(at(13), at(15))
    assert nearest_before(wanted, taken, now=at(8), zone=TOKYO) == Span(at(11), at(13))
    assert nearest_after(wanted, taken, now=at(8), zone=TOKYO) == Span(at(15), at(17))


def test_what_has_begun_is_not_offered():
    taken = [Span(at(13), at(15))]
    wanted = Span(at(13), at(15))
    assert nearest_before(wanted, taken, now=at(11.5), zone=TOKYO) is None


def test_nobody_is_sent_to_a_closed_hall():
    evening = Span(at(19), at(22))
    assert nearest_after(evening, [evening], now=at(8), zone=TOKYO) == Span(at(9, 1), at(12, 1))


def test_longer_than_a_day_is_open_is_never_free():
    whole = Span(at(8), at(22))
    assert nearest_after(whole, [], now=at(0), zone=TOKYO) is None


_moments = st.integers(0, 14 * 24 * 12).map(lambda fives: MONDAY + fives * timedelta(minutes=5))
_spans = st.builds(
    lambda start, fives: Span(start, start + fives * timedelta(minutes=5)),
    _moments,
    st.integers(1, 72),
)


def naive(wanted, taken, now, *, forwards):
    """Try every start (or end, backwards) on the grid."""
    length = wanted.end - wanted.start
    found = []
    ticks = int(3 * WITHIN / GRID)
    for tick in range(-ticks, ticks):
        edge = MONDAY + 7 * 24 * HOUR + tick * GRID
        start = edge if forwards else edge - length
        reach = wanted.start + WITHIN if forwards else wanted.start - WITHIN
        inside = wanted.start < start <= reach if forwards else reach <= start < wanted.start
        local = start.astimezone(TOKYO), (start + length).astimezone(TOKYO)
        opened = (
            local[0].date() == local[1].date()
            and local[0].time() >= OPENS
            and local[1].time() <= CLOSES
        )
        span = Span(start, start + length)
        if inside and opened and start >= now and not any(span.overlaps(one) for one in taken):
            found.append(span)
    return (min if forwards else max)(found, key=lambda span: span.start, default=None)


@given(_spans, st.lists(_spans, max_size=8), _moments)
def test_it_finds_what_trying_everything_finds(wanted, others, now):
    taken = [wanted, *others]  # it is asked only when the wanted time is taken
    assert nearest_before(wanted, taken, now=now, zone=TOKYO) == naive(
        wanted, taken, now, forwards=False
    )
    assert nearest_after(wanted, taken, now=now, zone=TOKYO) == naive(
        wanted, taken, now, forwards=True
    )
