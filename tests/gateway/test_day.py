"""A day of use, against a look at every minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.stores.store import Transition
from gateway.bookings.free import Span
from gateway.status.occupancy import STILL_FOR
from gateway.usage.day import Sensed, day_of_use, local_day, merged
from hardware.clock import to_unix_us
from hardware.reading import Absence

TOKYO = ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TODAY = local_day(NOON, TOKYO)
MINUTE = timedelta(minutes=1)


def at(minute):
    return TODAY.start + minute * MINUTE


def sensed(quantity, *changes, until=24 * 60):
    moves = [Transition(to_unix_us(at(minute)), state) for minute, state in changes]
    return Sensed(quantity, moves, at(until))


def test_the_day_is_the_site_s_own():
    assert (
        Span(datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC))
        == TODAY
    )


def test_presence_is_used_and_absence_is_not():
    radar = sensed("presence", (0, "absent"), (540, "present"), (600, "absent"))
    day = day_of_use([radar], TODAY, now=NOON)
    assert day.used == (Span(at(540), at(600)),)
    assert day.unknown == ()


def test_after_the_last_movement_somebody_is_there_for_a_while():
    pir = sensed("motion", (0, "still"), (540, "moving"), (541, "still"))
    assert day_of_use([pir], TODAY, now=NOON).used == (Span(at(540), at(541) + STILL_FOR),)


def test_when_no_sensor_can_say_it_is_unknown():
    radar = sensed("presence", (0, "absent"), (100, Absence.SILENT), (200, "absent"), until=300)
    day = day_of_use([radar], TODAY, now=NOON)
    assert day.unknown == (Span(at(100), at(200)), Span(at(300), NOON))


def test_a_second_sensor_closes_the_gap():
    first = sensed("presence", (0, "absent"), (100, Absence.SILENT))
    second = sensed("presence", (0, "absent"), (150, "present"), (160, "absent"))
    day = day_of_use([first, second], TODAY, now=NOON)
    assert (day.unknown, day.used) == ((), (Span(at(150), at(160)),))


_states = {"presence": ["present", "absent"], "motion": ["moving", "still"]}
_sensed = st.sampled_from(sorted(_states)).flatmap(
    lambda quantity: st.builds(
        lambda changes, until: sensed(quantity, *changes, until=until),
        st.lists(
            st.tuples(
                st.integers(-30, 760),
                st.sampled_from([*_states[quantity], Absence.SILENT, Absence.NOT_AVAILABLE]),
            ),
            max_size=8,
            unique_by=lambda change: change[0],
        ).map(lambda changes: sorted(changes, key=lambda change: change[0])),
        st.integers(0, 900),
    )
)


def state_of(one, moment):
    held = [change for change in one.changes if change.at_us <= to_unix_us(moment)]
    if not held or moment >= min(one.until, NOON):
        return None
    return held[-1].state


def there(one, moment):
    if state_of(one, moment) in ("present", "moving"):
        return True
    held = STILL_FOR // MINUTE if one.quantity == "motion" else 0
    return any(state_of(one, moment - back * MINUTE) == "moving" for back in range(1, held + 1))


@given(st.lists(_sensed, max_size=3))
def test_every_minute_is_used_unknown_or_neither_as_the_sensors_say(series):
    day = day_of_use(series, TODAY, now=NOON)
    for minute in range(0, 720, 7):
        moment = at(minute)
        used = any(span.start <= moment < span.end for span in day.used)
        unknown = any(span.start <= moment < span.end for span in day.unknown)
        someone = any(there(one, moment) for one in series)
        known = any(isinstance(state_of(one, moment), str) for one in series)
        assert used == someone
        assert unknown == (not someone and not known)


@given(st.lists(_sensed, max_size=3))
def test_nothing_is_said_of_what_lies_after_now(series):
    day = day_of_use(series, TODAY, now=NOON)
    for span in (*day.used, *day.unknown):
        assert TODAY.start <= span.start < span.end <= NOON


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=10))
def test_merged_spans_cover_the_same_and_do_not_touch(pairs):
    spans = [Span(at(start), at(start + length)) for start, length in pairs]
    joined = merged(spans)
    for minute in range(75):
        inside = any(span.start <= at(minute) < span.end for span in spans)
        assert any(span.start <= at(minute) < span.end for span in joined) == inside
    assert all(a.end < b.start for a, b in pairwise(joined))
