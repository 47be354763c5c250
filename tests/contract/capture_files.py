"""The capture files of tests/captures: real bytes of a model, and what is to be made of them."""

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from firmware_bridge.devices import conversation, hearer, speaker
from firmware_bridge.driver import Secrets
from hardware.advert import Advert, uuid128
from hardware.decode import decode_frame, decode_line
from hardware.errors import DecodeError
from hardware.layout import LineLayout
from hardware.measure import measure_pin
from hardware.profile import Field, Profile, ProfileKind
from hardware.reading import Absence, Measurement, Measurements

FOLDER = Path(__file__).resolve().parents[1] / "captures"

# What may be copied here: see the licences of the records, and facts from vendors' documents.
LICENCES = {"MIT", "BSD-3-Clause", "Apache-2.0", "CC-BY-4.0", "vendor document"}


@dataclass(frozen=True)
class Capture:
    """One capture, and what it should give or how it should be refused."""

    model: str
    number: int
    source: str
    licence: str
    says: str = ""
    octets: bytes = b""
    advert: Advert | None = None
    key: bytes | None = None
    pins: dict[str, int] = field(default_factory=dict)
    gives: dict[str, float | str] | None = None
    refused: str | None = None

    def __str__(self) -> str:
        return f"{self.model}-{self.number}"


def captures(model: str) -> list[Capture]:
    file = FOLDER / f"{model}.toml"
    if not file.is_file():
        return []
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return [
        _capture(model, number, table, entry)
        for number, entry in enumerate(table["capture"], start=1)
    ]


def _capture(model: str, number: int, table: dict[str, Any], entry: dict[str, Any]) -> Capture:
    octets = bytes.fromhex(entry.get("frame", "")) or entry.get("line", "").encode("latin-1")
    return Capture(
        model=model,
        number=number,
        source=entry.get("source", table["source"]),
        licence=entry.get("licence", table["licence"]),
        says=entry.get("says", ""),
        octets=octets,
        advert=_advert(entry["advert"]) if "advert" in entry else None,
        key=bytes.fromhex(entry["key"]) if "key" in entry else None,
        pins=entry.get("pins", {}),
        gives=entry.get("gives"),
        refused=entry.get("refused"),
    )


def _advert(entry: dict[str, Any]) -> Advert:
    return Advert(
        address=entry["address"],
        company_data={int(k, 16): bytes.fromhex(v) for k, v in entry.get("company", {}).items()},
        service_data={uuid128(k): bytes.fromhex(v) for k, v in entry.get("service", {}).items()},
    )


def hear(profile: Profile, advert: Advert, key: bytes | None) -> Measurements | DecodeError:
    """What a fresh driver makes of one advertisement."""
    try:
        return hearer(profile, Secrets(key)).hear(advert)
    except DecodeError as error:
        return error


def feed(profile: Profile, octets: bytes) -> list[Measurements | DecodeError]:
    """What a fresh driver makes of bytes on a line."""
    if profile.poll is not None:
        return conversation(profile).reader().feed(octets)
    return speaker(profile).feed(octets)


def decode(profile: Profile, octets: bytes) -> Measurements | DecodeError:
    """What a whole frame or line means, without a stream around it."""
    try:
        if isinstance(profile.layout, LineLayout):
            return decode_line(profile, octets.removesuffix(profile.layout.ends))
        return decode_frame(profile, octets)
    except DecodeError as error:
        return error


def outcome(profile: Profile, capture: Capture) -> Measurements | DecodeError:
    """What a capture means to a fresh driver."""
    if capture.advert is not None:
        return hear(profile, capture.advert, capture.key)
    if capture.pins:
        pins = [measure_pin(profile, role, raw) for role, raw in capture.pins.items()]
        return tuple(measurement for measured in pins for measurement in measured)
    if profile.driver is None and profile.kind is not ProfileKind.MODBUS:
        return decode(profile, capture.octets)
    (found,) = feed(profile, capture.octets)
    return found


def as_given(measurements: Measurements) -> dict[str, float | str]:
    """Measurements as a capture file writes them."""
    return {
        f"{m.quantity.name} {m.channel}".strip(): (
            m.value.value if isinstance(m.value, Absence) else m.value
        )
        for m in measurements
    }


def assert_sound(profile: Profile, measurements: Measurements) -> None:
    """Each value is in the quantity's words and range, exact to the step, and there once."""
    for measurement in measurements:
        fields = [f for f in profile.fields if f.quantity == measurement.quantity]
        assert fields, f"{measurement.quantity.name} is no field of {profile.model}"
        assert_value(measurement, fields)
    names = [(m.quantity.name, m.channel) for m in measurements]
    assert len(names) == len(set(names))


def assert_value(measurement: Measurement, fields: list[Field]) -> None:
    value = measurement.value
    if isinstance(value, Absence):
        assert value is not Absence.SILENT, "a frame that was heard cannot say that it was not"
    elif measurement.quantity.states:
        assert value in measurement.quantity.states
    else:
        assert isinstance(value, float | int)
        assert any((f.low is None or f.low <= value) for f in fields)
        assert any((f.high is None or value <= f.high) for f in fields)
        steps = Decimal(str(value)) / measurement.step
        assert steps == round(steps), f"{value} is no multiple of {measurement.step}"
