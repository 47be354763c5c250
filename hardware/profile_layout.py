"""The part of a profile file that says how a model's bytes lie."""

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

from hardware.advert import uuid128
from hardware.checksum import ALGORITHMS, Checksum
from hardware.layout import (
    AdvertLayout,
    FrameLayout,
    GpioLayout,
    Layout,
    LineLayout,
    ModbusLayout,
    PinLayout,
)
from hardware.profile import ProfileKind
from hardware.profile_fields import read_bytes_place
from hardware.table import Table


def read_layout(kind: ProfileKind, profile: Table, *, driven: bool) -> Layout:
    """Read the table that belongs to the profile's kind.

    An advertisement that a driver decodes needs neither maker nor length.
    """
    match kind:
        case ProfileKind.FRAME:
            return _frame(profile.table("frame"))
        case ProfileKind.LINE:
            return _line(profile.table("line"))
        case ProfileKind.MODBUS:
            return _modbus(profile.table("modbus"))
        case ProfileKind.ADVERT:
            return _advert(profile.table("advert"), driven=driven)
        case ProfileKind.LEVEL | ProfileKind.PULSE:
            return _gpio(profile.table("pins"))


def _frame(table: Table) -> FrameLayout:
    lengths = _lengths(table)
    length_at, length_plus = None, 0
    measured = table.table_or("length_field")
    if measured is not None:
        length_plus = measured.take("plus", int)
        length_at = read_bytes_place(measured)
        measured.close()
    if not lengths:
        raise table.error(
            "length", "missing; give the frame's total length, a list, or {least, most}"
        )
    if len(lengths) > 1 and length_at is None:
        raise table.error("length_field", "missing; several lengths need the field that tells them")
    layout = FrameLayout(
        start=table.octets_or("start", b""),
        lengths=lengths,
        length_at=length_at,
        length_plus=length_plus,
        end=table.octets_or("end", b""),
        fixed=tuple(_fixed(table, table.take_or("fixed", dict, {}) or {})),
        checksum=_checksum(table.table_or("checksum")),
    )
    if not layout.start:
        raise table.error(
            "start", "missing; without start bytes a frame cannot be found in a stream"
        )
    if layout.checksum is None and not layout.end:
        raise table.error(
            "checksum", "missing; a frame without checksum needs at least its end bytes"
        )
    table.close()
    return layout


def _lengths(table: Table) -> frozenset[int]:
    """Read ``length``: a number, a list of numbers, or ``{ least, most }``."""
    value = table.take_or("length", object, None)
    if isinstance(value, dict):
        bounds = Table(value, f"{table.where}: length")
        value = list(range(bounds.take("least", int), bounds.take("most", int) + 1))
        bounds.close()
    values = value if isinstance(value, list) else [] if value is None else [value]
    for length in values:
        if not isinstance(length, int) or not 1 <= length <= 4096:
            raise table.error("length", f"{length!r} is not a length of 1 to 4096 bytes")
    return frozenset(values)


def _fixed(table: Table, entries: Mapping[str, Any]) -> list[tuple[int, bytes]]:
    fixed = []
    for at, text in entries.items():
        try:
            fixed.append((int(at), bytes.fromhex(text)))
        except (TypeError, ValueError):
            problem = f"{at!r} = {text!r} is not a place and hexadecimal bytes"
            raise table.error("fixed", problem) from None
    return fixed


def _checksum(table: Table | None) -> Checksum | None:
    if table is None:
        return None
    algorithm = ALGORITHMS[table.choice("kind", ALGORITHMS)]
    over = table.take("over", list)
    if len(over) != 2 or not all(isinstance(place, int) for place in over):
        raise table.error("over", f"{over!r} is not [first byte, byte after the last]")
    checksum = Checksum(algorithm, start=over[0], end=over[1], at=table.take("at", int))
    table.close()
    return checksum


def _line(table: Table) -> LineLayout:
    ends = table.take("ends", str).encode("ascii")
    if not ends or ends.strip(b"\r\n"):
        raise table.error("ends", f"{ends!r} is not a line end; use \\r, \\n or \\r\\n")
    layout = LineLayout(
        ends=ends,
        longest=table.take("longest", int),
        pattern=_pattern(table, "pattern", table.take("pattern", str)),
        pair=_optional_pattern(table, "pair"),
        passed_over=_optional_pattern(table, "passed_over"),
        sdi12_when=_optional_pattern(table, "sdi12_when"),
    )
    if ("pairs" in layout.pattern.groupindex) != (layout.pair is not None):
        raise table.error("pair", "a pattern with a group 'pairs' and a 'pair' pattern go together")
    if layout.pair is not None and not {"key", "number"} <= set(layout.pair.groupindex):
        raise table.error("pair", "needs groups named 'key' and 'number'")
    table.close()
    return layout


def _optional_pattern(table: Table, key: str) -> re.Pattern[str] | None:
    text = table.take_or(key, str, None)
    return None if text is None else _pattern(table, key, text)


def _pattern(table: Table, key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise table.error(key, f"not a regular expression: {error}") from None


def _modbus(table: Table) -> ModbusLayout:
    function = table.take("function", int)
    if function not in (3, 4):
        raise table.error("function", f"{function} does not read registers; use 3 or 4")
    layout = ModbusLayout(
        unit=table.take("unit", int),
        function=cast("Literal[3, 4]", function),
        first=table.take("first", int),
        count=table.take("count", int),
    )
    if not 1 <= layout.unit <= 254 or not 1 <= layout.count <= 125:
        raise table.error("unit", "units are 1 to 254, and one request reads 1 to 125 registers")
    table.close()
    return layout


def _advert(table: Table, *, driven: bool) -> AdvertLayout:
    company = table.take_or("company", int, None)
    service = table.take_or("service", str, None)
    if not driven and (company is None) == (service is None):
        raise table.error("company", "give either company (a number) or service (a UUID)")
    layout = AdvertLayout(
        company=company,
        service=None if service is None else uuid128(service),
        start=table.octets_or("start", b""),
        lengths=_lengths(table),
        numbered=table.take_or("numbered", bool, False) or False,
    )
    if not driven and not layout.lengths:
        raise table.error("length", "missing; an advertisement cut short must be refused")
    table.close()
    return layout


def _gpio(table: Table) -> GpioLayout:
    pins = {}
    for role in table.left():
        pin = table.table(role)
        direction = cast(
            'Literal["in", "out"]', pin.choice("direction", ["in", "out"], default="in")
        )
        pull = cast(
            'Literal["up", "down", "none"]',
            pin.choice("pull", ["up", "down", "none"], default="up"),
        )
        debounce_us = round((pin.number_or("debounce", None) or 0) * 1_000_000)
        pins[role] = PinLayout(direction, pull, debounce_us)
        pin.close()
    if not pins:
        raise table.error("pins", "a device on GPIO has at least one pin")
    return GpioLayout(pins)
