from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.measure import Named, measure, measure_named, measure_pin
from hardware.profile import Conversion, Field, Key
from hardware.profile_file import load_profile, parse_profile
from hardware.quantity import QUANTITIES
from hardware.reading import Absence


def temperature(**changes: object) -> Field:
    given = {
        "quantity": QUANTITIES["air_temperature"],
        "channel": "",
        "source": Key("t"),
        "missing": frozenset({-32768}),
        "step": Decimal("0.01"),
        "decimals": 2,
        "low": -60.0,
        "high": 60.0,
    }
    return Field(**(given | changes))  # type: ignore[arg-type]


def test_a_number_is_converted_once_and_kept_to_the_step() -> None:
    field = temperature(conversion=Conversion(0.005, 0.0))
    assert measure(field, 4860).value == 24.3  # type: ignore[union-attr]


def test_the_three_kinds_of_nothing_are_not_mixed_up() -> None:
    field = temperature()
    assert measure(field, -32768).value is Absence.NOT_AVAILABLE  # type: ignore[union-attr]
    assert measure(field, None).value is Absence.NOT_AVAILABLE  # type: ignore[union-attr]
    assert measure(field, 61).value is Absence.IMPLAUSIBLE  # type: ignore[union-attr]
    assert measure(field, "warm").value is Absence.IMPLAUSIBLE  # type: ignore[union-attr]


@given(st.floats(allow_nan=True, allow_infinity=True, width=64))
def test_no_float_of_a_device_breaks_out(raw: float) -> None:
    measurement = measure(temperature(), raw)
    assert measurement is not None
    value = measurement.value
    assert value is Absence.IMPLAUSIBLE or (isinstance(value, float) and -60 <= value <= 60)


@given(st.integers(-6000, 6000))
def test_every_step_of_the_range_survives_unchanged(steps: int) -> None:
    measurement = measure(temperature(conversion=Conversion(0.01, 0.0)), steps)
    assert measurement is not None
    assert Decimal(str(measurement.value)) == steps * Decimal("0.01")


def test_the_unit_behind_a_number_decides_the_conversion() -> None:
    field = temperature(by_suffix={"C": Conversion(), "F": Conversion(5 / 9, -160 / 9)})
    assert measure(field, 50.0, "F").value == 10.0  # type: ignore[union-attr]
    assert measure(field, 50.0, "K").value is Absence.IMPLAUSIBLE  # type: ignore[union-attr]


def test_a_name_may_bring_its_channel_and_an_unknown_one_is_passed_over() -> None:
    profile = load_profile("bthome")
    (first, second) = measure_named(
        profile,
        [
            Named("temperature", 20.5, "°C", channel="1"),
            Named("text", "hello"),
            Named("temperature", 21.5, "°C", channel="2"),
        ],
    )
    assert [(m.channel, m.value) for m in (first, second)] == [("1", 20.5), ("2", 21.5)]


def test_a_button_that_was_not_pressed_is_no_event() -> None:
    profile = parse_profile("bell", BELL)
    assert measure_named(profile, [Named("button", 0)]) == ()
    (pressed,) = measure_named(profile, [Named("button", 1)])
    assert pressed.value == "press"
    (unknown,) = measure_named(profile, [Named("button", 9)])
    assert unknown.value is Absence.IMPLAUSIBLE


def test_pulses_become_a_total_in_the_unit_of_the_quantity() -> None:
    (rain,) = measure_pin(load_profile("rain-gauge"), "bucket", 3)
    assert (rain.quantity.name, rain.value, rain.step) == ("rainfall", 1.5, Decimal("0.5"))


@pytest.mark.parametrize("role", ["bolt", "door"])
def test_a_pin_measures_only_the_fields_of_its_role(role: str) -> None:
    (measurement,) = measure_pin(load_profile("strike-relay"), role, 1)
    assert measurement.value in ("unlocked", "open")


BELL = """
title = "Bell"
ja = "呼び鈴"
en = "bell"
kind = "advert"
driver = "bell"
silent_after = "never"
sources = ["made for this test"]
[advert]
company = 0x1234
[[field]]
quantity = "button"
key = "button"
missing = "never"
nothing = [0]
states = { 1 = "press" }
"""
