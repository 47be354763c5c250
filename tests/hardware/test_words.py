"""Quantities, places, commands and the clock: what the rest of the house builds on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import SystemClock, from_unix_us, to_unix_us
from hardware.command import Action, Outcome, lifetime
from hardware.errors import ConfigError
from hardware.place import identifier
from hardware.quantity import QUANTITIES, Kind, decimals
from hardware.table import Table, did_you_mean


def test_every_quantity_has_a_step_and_a_name_in_both_languages() -> None:
    for name, quantity in QUANTITIES.items():
        assert quantity.name == name
        assert quantity.step > 0
        assert quantity.ja
        assert quantity.en


def test_states_and_events_have_words_and_no_unit_and_numbers_the_reverse() -> None:
    for quantity in QUANTITIES.values():
        in_words = quantity.kind in (Kind.STATE, Kind.EVENT)
        assert bool(quantity.states) == in_words
        assert bool(quantity.unit) == (not in_words)
        assert len(set(quantity.states)) == len(quantity.states)


@pytest.mark.parametrize(
    ("step", "places"), [("1", 0), ("10", 0), ("0.5", 1), ("0.05", 2), ("0.0025", 4), ("1E+1", 0)]
)
def test_a_step_says_how_many_decimals_it_needs(step: str, places: int) -> None:
    assert decimals(Decimal(step)) == places


@pytest.mark.parametrize("text", ["a", "hall-1", "9", "a" * 40])
def test_an_identifier_can_stand_in_topics_and_urls(text: str) -> None:
    assert identifier(text, where="edge.toml") == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a/b", "会館", "a" * 41, "a\n"])
def test_what_cannot_be_an_identifier_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"edge\.toml: "):
        identifier(text, where="edge.toml")


@given(st.datetimes(min_value=datetime(1960, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_a_moment_survives_as_microseconds(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert from_unix_us(to_unix_us(aware)) == aware


def test_the_systems_clock_counts_forward_and_knows_its_boot() -> None:
    clock = SystemClock("b-1")
    before = clock.since_boot_us()
    assert clock.since_boot_us() >= before > 0
    assert clock.boot == "b-1"
    assert clock.now().tzinfo is UTC


def test_unlocking_late_opens_for_nobody_and_locking_late_does_no_harm() -> None:
    assert lifetime(Action.UNLOCK) < lifetime(Action.LOCK)


def test_only_accepted_and_executing_are_not_the_end_of_a_command() -> None:
    assert [o for o in Outcome if not o.final] == [Outcome.ACCEPTED, Outcome.EXECUTING]


def test_a_near_miss_is_answered_with_the_word_and_a_far_one_with_all() -> None:
    assert did_you_mean("bolr", ["bolt", "door"]) == "; did you mean 'bolt'?"
    assert did_you_mean("xyz", ["bolt", "door"]) == "; known: bolt, door"
    assert did_you_mean("xyz", []) == ""


def test_a_table_gives_each_key_once_and_refuses_what_nobody_took() -> None:
    table = Table({"name": "x", "flag": True, "naem": 1}, "edge.toml: device")
    assert table.take("name", str) == "x"
    with pytest.raises(ConfigError, match="True is not a whole number"):
        table.take("flag", int)
    with pytest.raises(ConfigError, match="naem: no such key; did you mean 'name'"):
        table.close()
