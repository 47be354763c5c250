"""Air, road, devices, and the order in which a board shows what is wrong."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bookings.booking import Booking, BookingState, Wish
from gateway.status import devices, outdoors
from gateway.status.air import Verdict, air
from gateway.status.observation import Standing
from gateway.status.space import by_trouble, space_status
from gateway.status.trouble import Severity
from hardware.command import Actor, ActorKind
from hardware.place import Name, Space, SpaceKind
from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Trust
from tests.gateway.observing import NOW, saw

ROOM = Space("room", Name("部屋", "room"), SpaceKind.ROOM, bookable=True)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ([saw("co2", 1000.0)], Verdict.GOOD),
        ([saw("co2", 1001.0)], Verdict.VENTILATE),
        ([saw("co2", 1501.0)], Verdict.BAD),
        ([saw("co2", 800.0), saw("air_temperature", 31.0)], Verdict.FAIR),
        ([saw("co2", 1200.0), saw("relative_humidity", 20.0)], Verdict.VENTILATE),
        ([saw("co2", 2000.0, standing=Standing.STALE)], Verdict.UNKNOWN),
        ([saw("co2", Absence.IMPLAUSIBLE)], Verdict.UNKNOWN),
    ],
)
def test_the_worst_of_the_air_decides(seen, verdict):
    assert air(seen).verdict is verdict


def test_of_two_sensors_the_worse_is_shown():
    assert air([saw("co2", 700.0, device="a"), saw("co2", 1600.0, device="b")]).co2 == 1600.0
    cold_and_fine = [
        saw("air_temperature", 12.0, device="a"),
        saw("air_temperature", 22.0, device="b"),
    ]
    assert air(cold_and_fine).temperature == 12.0


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([saw("road_surface", "ice")], [("road_ice", Severity.ALARM)]),
        ([saw("road_surface", "ice", standing=Standing.OFFLINE)], []),
        (
            [saw("road_surface", "wet"), saw("road_temperature", -0.2)],
            [("may_freeze", Severity.WARNING)],
        ),
        ([saw("road_surface", "wet"), saw("road_temperature", 4.0)], []),
        ([saw("road_surface", "wet")], []),
        ([saw("snow_depth", 99.0)], []),
        ([saw("snow_depth", 100.0)], [("heavy_snow", Severity.WARNING)]),
        ([saw("snow_depth", 300.0)], [("heavy_snow", Severity.ALARM)]),
        ([saw("visibility", 400.0)], [("poor_visibility", Severity.WARNING)]),
        ([saw("visibility", 90.0)], [("poor_visibility", Severity.ALARM)]),
        ([saw("visibility", 500.0)], []),
        ([saw("water_level", 310.0)], [("high_water", Severity.ALARM)]),
        ([saw("friction", 0.2)], [("slippery", Severity.ALARM)]),
        (
            [saw("wind_speed", 16.0, channel="min"), saw("wind_speed", 26.0, channel="max")],
            [("strong_wind", Severity.ALARM)],
        ),
    ],
)
def test_what_is_dangerous_on_the_road(seen, expected):
    assert [(trouble.code, trouble.severity) for trouble in outdoors.troubles(seen)] == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (saw("battery", 20.0), []),
        (saw("battery", 19.0), ["battery_low"]),
        (saw("battery", 0.0), ["battery_low"]),
        (saw("battery", 5.0, standing=Standing.OFFLINE), ["node_offline"]),
        (saw("battery_low", "yes"), ["battery_low"]),
        (saw("co2", Absence.IMPLAUSIBLE), ["implausible"]),
        (saw("co2", Absence.NOT_AVAILABLE), []),
        (saw("co2", 500.0, standing=Standing.SILENT), ["silent"]),
        (saw("co2", 500.0, standing=Standing.STALE), ["stale"]),
        (saw("rainfall", 5.0, standing=Standing.STALE), []),
        (saw("button", "press", standing=Standing.STALE), []),
        (saw("co2", 500.0, standing=Standing.FUTURE), ["clock_wrong"]),
        (saw("co2", 500.0, trust=Trust.NONE), ["clock_not_trusted"]),
        (saw("co2", 500.0, trust=Trust.SERVICE), []),
        (saw("smoke", "detected"), ["smoke"]),
    ],
)
def test_what_is_wrong_with_a_device(seen, expected):
    assert [trouble.code for trouble in devices.troubles([seen])] == expected


def test_a_silent_device_is_told_once_not_for_each_series():
    seen = [saw(q, 1.0, standing=Standing.SILENT) for q in ("co2", "air_temperature")]
    assert len(list(devices.troubles(seen))) == 1


def booking(start, end, title="g"):
    wish = Wish("tokiwa", "room", NOW + start * HOUR, NOW + end * HOUR, title)
    actor = Actor(ActorKind.STAFF, "t")
    return Booking("b", wish, ("room",), BookingState.CONFIRMED, NOW, actor)


def test_now_and_next_are_told_apart():
    status = space_status(ROOM, [], [booking(-2, -1), booking(-1, 1), booking(1, 2)], NOW)
    assert status.current.wish.starts_at == NOW - HOUR
    assert status.next.wish.starts_at == NOW + HOUR
    ending_now = space_status(ROOM, [], [booking(-1, 0)], NOW)
    assert ending_now.current is None


def test_unlocked_before_a_booking_is_no_trouble():
    seen = [saw("lock_state", "unlocked", since=60), saw("presence", "absent", since=60)]
    assert [t.code for t in space_status(ROOM, seen, [], NOW).troubles] == ["left_unlocked"]
    assert space_status(ROOM, seen, [booking(0.2, 1)], NOW).troubles == ()


def test_an_entrance_is_left_unlocked_when_nobody_is_anywhere():
    entrance = Space("entrance", Name("玄関", "entrance"), SpaceKind.UTILITY)
    unlocked = [saw("lock_state", "unlocked", since=60)]

    def codes(*of_site, bookings=()):
        status = space_status(entrance, unlocked, bookings, NOW, of_site=[*unlocked, *of_site])
        return [trouble.code for trouble in status.troubles]

    nobody = saw("presence", "absent", device="a", since=60)
    assert codes(nobody) == ["left_unlocked"]
    assert codes(nobody, saw("presence", "present", device="b")) == []
    assert codes(nobody, saw("presence", "absent", device="b", standing=Standing.STALE)) == []
    assert codes(nobody, bookings=[booking(-1, 1)]) == []
    assert codes() == []


def test_whoever_is_in_a_part_is_in_the_whole():
    status = space_status(ROOM, [], [], NOW, of_parts=[saw("presence", "present")])
    assert status.occupancy.presence == "occupied"
    assert status.troubles == ()


def test_nobody_airs_a_road():
    road = Space("road", Name("道", "road"), SpaceKind.ROAD)
    assert space_status(road, [saw("air_temperature", -3.0)], [], NOW).air is None


_values = st.sampled_from(sorted(QUANTITIES)).flatmap(
    lambda name: st.builds(
        saw,
        st.just(name),
        st.sampled_from([*QUANTITIES[name].states, *Absence])
        if QUANTITIES[name].states
        else st.floats(-1e6, 1e6) | st.sampled_from(Absence),
        device=st.sampled_from(["a", "b"]),
        standing=st.sampled_from(Standing),
        since=st.none() | st.integers(0, 2000),
        at_least=st.booleans(),
        trust=st.sampled_from(Trust),
    )
)


@given(st.lists(_values, max_size=12))
def test_any_readings_give_a_status_with_the_worst_first(seen):
    status = space_status(ROOM, seen, [], NOW)
    severities = [trouble.severity for trouble in status.troubles]
    assert severities == sorted(severities, reverse=True)
    for trouble in status.troubles:
        assert trouble.says.ja
        assert trouble.says.en


@given(st.lists(st.lists(_values, max_size=4), max_size=5))
def test_the_board_shows_the_worst_space_first(spaces):
    shown = by_trouble(space_status(ROOM, seen, [], NOW) for seen in spaces)
    assert [s.severity for s in shown] == sorted((s.severity for s in shown), reverse=True)


@given(st.lists(_values, max_size=12))
def test_what_is_not_current_is_never_shown_as_a_value_of_now(seen):
    quiet = [one for one in seen if one.standing is not Standing.CURRENT]
    status = space_status(ROOM, quiet, [], NOW)
    assert status.occupancy.presence == "unknown"
    if status.air is not None:
        assert status.air.verdict is Verdict.UNKNOWN
    if status.door is not None:
        assert status.door.state == "unknown"
