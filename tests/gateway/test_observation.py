"""Facts, births and a time give what holds now."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.birth import Birth
from cloud_sync.channels import ChannelTable
from cloud_sync.stores.store import Fact, NodeFacts, NodeKey, SeriesKey, Transition
from gateway.status.freshness import fresh_for
from gateway.status.observation import Standing, observe
from hardware.clock import to_unix_us
from hardware.place import Device, Name, Node
from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Trust
from tests.gateway.observing import NOW

LAMP = Device("d", "m", "room", Name("機器", "device"))


def node(*, online=True):
    birth = Birth(Node("s", "n", (LAMP,)), "b", b"epoch1", "m", "1", 10.0, ChannelTable())
    return NodeFacts(NodeKey("s", "n"), birth, online, 0)


def fact(quantity, value, *, age=timedelta(), device="d"):
    at_us = to_unix_us(NOW - age)
    return Fact(SeriesKey("s", "n", device, quantity), at_us, value, Trust.NTP, at_us)


def seen(one, *, online=True, changes=()):
    (found,) = observe([one], [node(online=online)], {one.series: changes}, now=NOW)
    return found


def test_a_fresh_fact_of_a_connected_node_holds():
    found = seen(fact("co2", 700.0))
    assert (found.value, found.standing, found.device) == (700.0, Standing.CURRENT, LAMP)


@pytest.mark.parametrize("name", ["co2", "presence", "door", "battery", "rainfall"])
def test_each_quantity_grows_stale_at_its_own_age(name):
    quantity = QUANTITIES[name]
    value = quantity.states[0] if quantity.states else 1.0
    limit = fresh_for(quantity)
    assert seen(fact(name, value, age=limit)).standing is Standing.CURRENT
    old = seen(fact(name, value, age=limit + timedelta(seconds=1)))
    assert (old.standing, old.value, old.last) == (Standing.STALE, Absence.SILENT, value)


def test_an_offline_node_says_nothing_of_now():
    found = seen(fact("co2", 700.0), online=False)
    assert (found.standing, found.value, found.last) == (Standing.OFFLINE, Absence.SILENT, 700.0)


def test_a_node_of_which_the_broker_has_not_spoken_is_judged_by_its_readings():
    assert seen(fact("co2", 700.0), online=None).standing is Standing.CURRENT


def test_the_three_kinds_of_nothing_stay_apart():
    assert seen(fact("co2", Absence.NOT_AVAILABLE)).value is Absence.NOT_AVAILABLE
    assert seen(fact("co2", Absence.IMPLAUSIBLE)).value is Absence.IMPLAUSIBLE
    silent = seen(fact("co2", Absence.SILENT))
    assert (silent.value, silent.standing) == (Absence.SILENT, Standing.SILENT)


def test_a_reading_from_the_future_is_not_believed():
    assert seen(fact("co2", 700.0, age=timedelta(minutes=-5))).standing is Standing.FUTURE
    assert seen(fact("co2", 700.0, age=timedelta(seconds=-5))).standing is Standing.CURRENT


def test_since_is_the_last_change_and_at_least_where_none_was_seen():
    start, later = to_unix_us(NOW) - 9_000_000, to_unix_us(NOW) - 4_000_000
    changes = [Transition(start, "closed"), Transition(later, "open")]
    found = seen(fact("door", "open"), changes=changes)
    assert to_unix_us(found.since.at) == later
    assert not found.since.at_least
    assert seen(fact("door", "closed"), changes=changes[:1]).since.at_least
    assert seen(fact("door", "closed"), changes=changes).since is None


def test_devices_that_no_birth_describes_are_kept_without_a_place():
    assert seen(fact("co2", 700.0, device="stranger")).device is None


def test_a_quantity_that_this_program_does_not_know_is_left_out():
    assert observe([fact("from_the_future", 1.0)], [node()], {}, now=NOW) == []


@given(
    st.sampled_from(sorted(QUANTITIES)),
    st.floats(-1e9, 1e9),
    st.timedeltas(timedelta(days=-2), timedelta(days=400)),
    st.sampled_from([True, False, None]),
)
def test_a_value_holds_only_while_it_is_fresh_and_its_node_connected(name, value, age, online):
    found = seen(fact(name, value, age=age), online=online)
    if not isinstance(found.value, Absence):
        assert online is not False
        assert -timedelta(minutes=1) <= age <= fresh_for(QUANTITIES[name])
