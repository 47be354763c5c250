"""The part of a profile file that says what the bytes mean: its ``[[field]]`` tables."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from hardware.layout import (
    Bytes,
    Layout,
)
from hardware.profile import (
    Condition,
    Conversion,
    Field,
    Key,
    Pin,
    ProfileKind,
    Raw,
    Register,
    Source,
)
from hardware.profile_checks import check_source, claim
from hardware.quantity import QUANTITIES, Kind, Quantity, decimals
from hardware.table import Table, did_you_mean

_TYPE = re.compile(r"(?P<number>[usf])(?P<width>8|16|24|32|64)(?P<order>le|be)?")
_WHOLE = re.compile("-?[0-9]+")
_NUMBERS: Mapping[str, Literal["unsigned", "signed", "float"]] = {
    "u": "unsigned",
    "s": "signed",
    "f": "float",
}


def read_fields(profile: Table, kind: ProfileKind, layout: Layout) -> tuple[Field, ...]:
    """Read all ``[[field]]`` tables and check them against the layout and each other.

    Raises:
        ConfigError: a field lacks ``missing``, has another unit than its quantity, lies outside
            the frame, or takes bytes that another field has taken without saying so.
    """
    entries = profile.take("field", list)
    fields: list[Field] = []
    holders: dict[object, str] = {}
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise profile.error("field", "write each field as a [[field]] table")
        name = entry.get("quantity", "")
        table = Table(entry, f"{profile.where}: field {number} ({name})")
        field, rereads = _field(table, kind)
        table.close()
        check_source(table, field, layout)
        claim(table, field, rereads, holders)
        fields.append(field)
    if not fields:
        raise profile.error("field", "a device that measures nothing is no use")
    return tuple(fields)


def read_bytes_place(table: Table) -> Bytes:
    """Read ``at``, ``type`` and, where only some bits count, ``bits = [highest, lowest]``."""
    at = table.take("at", int)
    number, width, order = _read_type(table)
    if -width < at < 0:
        raise table.error("at", f"{width} bytes from {at} reach beyond the end")
    bits = table.take_or("bits", list, None)
    if bits is not None and (len(bits) != 2 or not 8 * width > bits[0] >= bits[1] >= 0):
        raise table.error("bits", f"{bits!r} is not [highest bit, lowest bit] of {8 * width}")
    return Bytes(
        at=at,
        width=width,
        order=order,
        number=number,
        bits=None if bits is None else (bits[0], bits[1]),
    )


def _read_type(
    table: Table,
) -> tuple[Literal["unsigned", "signed", "float"], int, Literal["little", "big"]]:
    text = table.take("type", str)
    match = _TYPE.fullmatch(text)
    if match is None:
        raise table.error("type", f"{text!r} is not a type like u8, s16le, u24be or f32le")
    width = int(match["width"]) // 8
    if width > 1 and match["order"] is None:
        raise table.error("type", f"{text!r} does not say the byte order; add le or be")
    if match["number"] == "f" and width < 4:
        raise table.error("type", f"{text!r} does not exist; floats are f32 or f64")
    return _NUMBERS[match["number"]], width, "big" if match["order"] == "be" else "little"


def _field(table: Table, kind: ProfileKind) -> tuple[Field, str | None]:
    name = table.take("quantity", str)
    if name not in QUANTITIES:
        raise table.error("quantity", f"no quantity {name!r}{did_you_mean(name, QUANTITIES)}")
    quantity = QUANTITIES[name]
    unit = table.take("unit", str) if quantity.unit else ""
    if unit != quantity.unit:
        raise table.error(
            "unit",
            f"{unit!r} is not the unit of {name}; convert to {quantity.unit!r} by scale, offset",
        )
    source = _source(table, kind)
    states = _states(table, quantity)
    scale = table.number_or("scale", Decimal(1))
    if not scale:
        raise table.error("scale", "0 would make every value the same")
    offset = table.number_or("offset", Decimal(0)) or Decimal(0)
    step = table.positive_or("step", None) or _natural_step(quantity, source, scale, offset)
    low, high = _range(table, quantity)
    field = Field(
        quantity=quantity,
        channel=table.take_or("channel", str, "") or "",
        source=source,
        missing=_missing(table),
        step=step,
        decimals=decimals(step),
        conversion=Conversion(float(scale), float(offset)),
        by_suffix=_suffixes(table),
        low=low,
        high=high,
        states=states,
        nothing=frozenset(table.take_or("nothing", list, []) or []),
        only_if=_condition(table.table_or("only_if")),
        valid_if=_condition(table.table_or("valid_if")),
    )
    return field, table.take_or("rereads", str, None)


def _source(table: Table, kind: ProfileKind) -> Source:
    if kind in (ProfileKind.LEVEL, ProfileKind.PULSE):
        return Pin(table.take("pin", str))
    if kind is ProfileKind.LINE or "key" in table:
        return Key(table.take("key", str))
    if kind is ProfileKind.MODBUS:
        return _register(table)
    return read_bytes_place(table)


def _register(table: Table) -> Register:
    number, width, order = _read_type(table)
    if width not in (2, 4, 8):
        raise table.error("type", "registers have 16 bits; use u16be, s16be, u32be, f32be, …")
    if width == 2 and order == "little":
        raise table.error("type", "a register comes high byte first; le means low register first")
    return Register(table.take("register", int), width, number, swapped=order == "little")


def _natural_step(quantity: Quantity, source: Source, scale: Decimal, offset: Decimal) -> Decimal:
    """The device's own step where its raw value is a whole number, else the quantity's."""
    whole = isinstance(source, Pin) or (
        isinstance(source, Bytes | Register) and source.number != "float"
    )
    if quantity.states:
        return Decimal(1)
    if whole and offset % scale == 0:
        return abs(scale)
    return quantity.step


def _states(table: Table, quantity: Quantity) -> dict[Raw, str]:
    entries = table.take_or("states", dict, {}) or {}
    if quantity.states and not entries:
        raise table.error("states", f"missing; say which raw value is which of {quantity.states}")
    for raw, state in entries.items():
        if state not in quantity.states:
            problem = f"{raw} = {state!r}: {quantity.name} has no such state"
            raise table.error("states", problem + did_you_mean(str(state), quantity.states))
    return {int(raw) if _WHOLE.fullmatch(raw) else raw: state for raw, state in entries.items()}


def _missing(table: Table) -> frozenset[Raw]:
    values = table.take("missing", object)
    if values == "never":
        return frozenset()
    if not isinstance(values, list) or not values:
        raise table.error("missing", 'give a list of raw values, or "never" if the device has none')
    return frozenset(float(value) if isinstance(value, Decimal) else value for value in values)


def _range(table: Table, quantity: Quantity) -> tuple[float | None, float | None]:
    if quantity.kind is Kind.TOTAL:
        bounds = table.take_or("range", list, None)
    elif quantity.states:
        return None, None
    else:
        bounds = table.take("range", list)
    if bounds is None:
        return 0.0, None
    if len(bounds) != 2:
        raise table.error("range", f"{bounds!r} is not [lowest, highest] in {quantity.unit}")
    low, high = (float(table.as_number("range", bound)) for bound in bounds)
    if low >= high:
        raise table.error("range", f"{bounds!r} holds nothing; write [lowest, highest]")
    return low, high


def _suffixes(table: Table) -> dict[str, Conversion]:
    entries = table.table_or("suffixes")
    if entries is None:
        return {}
    conversions = {}
    for suffix in entries.left():
        pair = entries.take(suffix, list)
        if len(pair) != 2:
            raise entries.error(suffix, f"{pair!r} is not [scale, offset]")
        scale, offset = (float(entries.as_number(suffix, part)) for part in pair)
        conversions[suffix] = Conversion(scale, offset)
    return conversions


def _condition(table: Table | None) -> Condition | None:
    if table is None:
        return None
    condition = Condition(read_bytes_place(table), frozenset(table.take("is", list)))
    table.close()
    return condition
