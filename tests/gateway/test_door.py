"""Doors: whom to believe, and what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.status.door import door, troubles
from gateway.status.observation import REPORTED, Standing
from hardware.quantity import QUANTITIES
from hardware.reading import Absence
from tests.gateway.observing import NOW, saw

LOCK_STATES = QUANTITIES["lock_state"].states


def codes(seen, *, in_use=False, booked=False):
    return [trouble.code for trouble in troubles(door(seen), in_use=in_use, booked=booked, now=NOW)]


def test_without_contact_and_lock_there_is_no_door():
    assert door([saw("co2", 400.0)]) is None


def test_an_open_door_is_never_shown_as_locked():
    state = door([saw("door", "open", since=1), saw("lock_state", "locked", since=30)])
    assert (state.state, state.contact, state.lock) == ("open", "open", "locked")
    assert "locked_open" in codes([saw("door", "open", since=1), saw("lock_state", "locked")])


def test_a_bolt_contact_outranks_a_radio_advert():
    reported = saw("lock_state", "locked", channel=REPORTED, device="lock")
    contact = saw("lock_state", "unlocked", device="bolt")
    state = door([reported, contact])
    assert (state.state, state.proved) == ("unlocked", True)


def test_an_advert_is_believed_where_no_contact_knows_and_said_to_be_one():
    reported = saw("lock_state", "locked", channel=REPORTED, device="lock")
    silent = saw("lock_state", "locked", device="bolt", standing=Standing.SILENT)
    state = door([reported, silent])
    assert (state.state, state.proved) == ("locked", False)


def test_of_two_contacts_the_one_that_needs_somebody_is_believed():
    seen = [saw("lock_state", "locked", device="a"), saw("lock_state", "unlocked", device="b")]
    assert door(seen).state == "unlocked"
    assert (
        door([saw("door", "closed", device="a"), saw("door", "open", device="b")]).state == "open"
    )


def test_the_device_that_can_be_told_is_named():
    state = door([saw("lock_state", "locked", device="lock", actions=("unlock", "lock"))])
    assert (state.device, state.actions) == ("tokiwa.lock", ("unlock", "lock"))


@pytest.mark.parametrize(
    ("seen", "in_use", "booked", "expected"),
    [
        ([saw("lock_state", "jammed", since=1)], None, False, ["jammed"]),
        ([saw("door", "open", since=9)], True, True, []),
        ([saw("door", "open", since=10)], True, True, ["open_long"]),
        ([saw("door", "open", since=1, at_least=True)], True, True, []),
        ([saw("door", "open", since=1440, at_least=True)], True, True, ["open_long"]),
        ([saw("lock_state", "unlocked", since=14)], False, False, []),
        ([saw("lock_state", "unlocked", since=15)], False, False, ["left_unlocked"]),
        ([saw("lock_state", "unlocked", since=60)], True, False, []),
        ([saw("lock_state", "unlocked", since=60)], None, False, []),
        ([saw("lock_state", "unlocked", since=60)], False, True, []),
        ([saw("lock_state", "locked", since=60)], False, False, []),
    ],
)
def test_what_is_wrong_with_a_door(seen, in_use, booked, expected):
    assert codes(seen, in_use=in_use, booked=booked) == expected


_observations = st.lists(
    st.builds(
        saw,
        st.just("lock_state"),
        st.sampled_from([*LOCK_STATES, *Absence]),
        channel=st.sampled_from(["", REPORTED]),
        standing=st.sampled_from(Standing),
    )
    | st.builds(
        saw,
        st.just("door"),
        st.sampled_from(["open", "closed", *Absence]),
        channel=st.sampled_from(["", REPORTED]),
        standing=st.sampled_from(Standing),
    ),
    min_size=1,
    max_size=6,
)


@given(_observations)
def test_locked_is_said_only_if_a_lock_says_so_now_and_no_contact_says_open(seen):
    state = door(seen)
    if state.state == "locked":
        assert any(one.is_one_of("locked") for one in seen)
    contacts = [one for one in seen if one.quantity.name == "door" and one.known and one.proved]
    if any(one.is_one_of("open") for one in contacts):
        assert state.state == "open"


@given(_observations)
def test_where_nothing_is_known_nothing_is_said(seen):
    if not any(one.known for one in seen):
        assert door(seen).state == "unknown"
        assert door(seen).since is None
