"""Is somebody there: presence, movement and head counts, fused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.status.observation import Standing
from gateway.status.occupancy import Presence, occupancy
from hardware.reading import Absence
from tests.gateway.observing import NOW, saw


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], (Presence.UNKNOWN, "no_sensor")),
        ([saw("co2", 900.0)], (Presence.UNKNOWN, "no_sensor")),
        ([saw("presence", "present")], (Presence.OCCUPIED, "presence")),
        ([saw("presence", "absent")], (Presence.EMPTY, "presence")),
        ([saw("people", 3.0)], (Presence.OCCUPIED, "people")),
        ([saw("people", 0.0)], (Presence.EMPTY, "people")),
        ([saw("motion", "moving", since=1)], (Presence.OCCUPIED, "motion")),
        ([saw("motion", "still", since=5)], (Presence.OCCUPIED, "motion")),
        ([saw("motion", "still", since=15)], (Presence.EMPTY, "motion")),
        ([saw("motion", "still", since=3, at_least=True)], (Presence.EMPTY, "motion")),
        ([saw("motion", "still")], (Presence.EMPTY, "motion")),
        ([saw("presence", "present", standing=Standing.STALE)], (Presence.UNKNOWN, "silent")),
        ([saw("presence", "absent", standing=Standing.OFFLINE)], (Presence.UNKNOWN, "silent")),
        ([saw("presence", Absence.NOT_AVAILABLE)], (Presence.UNKNOWN, "silent")),
    ],
)
def test_one_sensor_says_what_it_can_know(seen, expected):
    state = occupancy(seen, NOW)
    assert (state.presence, state.why) == expected


def test_whoever_sees_somebody_outranks_all_who_see_nobody():
    seen = [saw("presence", "absent"), saw("people", 0.0), saw("motion", "moving", since=0)]
    assert occupancy(seen, NOW).presence is Presence.OCCUPIED


def test_a_silent_sensor_does_not_hide_one_that_knows():
    seen = [saw("presence", "present", standing=Standing.SILENT), saw("people", 0.0)]
    state = occupancy(seen, NOW)
    assert (state.presence, state.why, state.people) == (Presence.EMPTY, "people", 0)


def test_counters_of_one_space_are_added():
    seen = [saw("people", 3.0, device="a"), saw("people", 4.0, device="b")]
    assert occupancy(seen, NOW).people == 7


_senses = st.lists(
    st.one_of(
        st.builds(saw, st.just("presence"), st.sampled_from(["present", "absent", *Absence])),
        st.builds(
            saw,
            st.just("motion"),
            st.sampled_from(["moving", "still", *Absence]),
            since=st.none() | st.integers(0, 60),
        ),
        st.builds(saw, st.just("people"), st.sampled_from([0.0, 1.0, 25.0, *Absence])),
    ).flatmap(
        lambda seen: st.sampled_from(
            [seen, saw(seen.quantity.name, seen.value, standing=Standing.STALE)]
        )
    ),
    max_size=6,
)


@given(_senses)
def test_nothing_is_claimed_that_no_sensor_says_now(seen):
    known = [one for one in seen if one.known]
    state = occupancy(seen, NOW)
    if not known:
        assert state.presence is Presence.UNKNOWN
        assert state.people is None
    if state.presence is not Presence.UNKNOWN:
        assert state.why in {one.quantity.name for one in known}


@given(_senses)
def test_the_order_of_the_sensors_does_not_matter(seen):
    assert occupancy(seen, NOW).presence is occupancy(seen[::-1], NOW).presence
