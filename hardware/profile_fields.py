"""The part of a profile file that says what the bytes mean: its ``[[field]]`` tables."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from hardware.layout import (
    AdvertLayout,
    Bytes,
    FrameLayout,
    GpioLayout,
    Layout,
    LineLayout,
    ModbusLayout,
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
        _check_source(table, field, layout)
        _claim(table, field, rereads, holders)
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
    scale = table.number_or("scale", Decimal(1)) or Decimal(1)
    offset = table.number_or("offset", Decimal(0)) or Decimal(0)
    step = table.number_or("step", None) or _natural_step(quantity, source, scale, offset)
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


def _check_source(table: Table, field: Field, layout: Layout) -> None:
    """Refuse a field that asks the layout for what it does not have."""
    match field.source, layout:
        case Pin(role), GpioLayout(pins) if role not in pins:
            raise table.error("pin", f"no pin {role!r}{did_you_mean(role, pins)}")
        case Register(address, width), ModbusLayout() if not (
            layout.first <= address and address + width // 2 <= layout.first + layout.count
        ):
            raise table.error("register", f"{address} is not among the registers that are read")
        case Key(name), LineLayout(pattern=pattern, pair=None) if name not in pattern.groupindex:
            problem = f"the pattern has no group {name!r}"
            raise table.error("key", problem + did_you_mean(name, pattern.groupindex))
        case Key(), LineLayout(pair=pair) if (
            pair is not None and "suffix" in pair.groupindex and not field.by_suffix
        ) and not field.quantity.states:
            problem = "missing; the line writes a unit behind the number: letter = [scale, offset]"
            raise table.error("suffixes", problem)
        case Bytes(), FrameLayout(lengths=lengths) | AdvertLayout(lengths=lengths) if lengths:
            for place in (field.source, *_condition_places(field)):
                _check_reach(table, place, max(lengths))


def _condition_places(field: Field) -> list[Bytes]:
    return [when.source for when in (field.only_if, field.valid_if) if when is not None]


def _check_reach(table: Table, place: Bytes, longest: int) -> None:
    reach = place.at + place.width if place.at >= 0 else -place.at
    if reach > longest:
        raise table.error("at", f"{place.at} lies beyond the longest frame ({longest} bytes)")


def _claim(table: Table, field: Field, rereads: str | None, holders: dict[object, str]) -> None:
    """Take the field's place; a field may share another's only if it says so."""
    name = f"{field.quantity.name} {field.channel}".strip()
    for place in _places(field.source):
        holder = holders.setdefault(place, name)
        if holder not in (name, rereads):
            problem = f"overlaps {holder!r}"
            raise table.error("at", f'{problem}; if that is meant, say rereads = "{holder}"')
    if holders.setdefault(("name", name), table.where) != table.where:
        raise table.error("channel", f"{name!r} is there already; give each its own channel")


def _places(source: Source) -> list[object]:
    match source:
        case Bytes(at, width, order, _, bits):
            high, low = bits or (8 * width - 1, 0)
            octets = (
                range(at, at + width) if order == "little" else range(at + width - 1, at - 1, -1)
            )
            return [(octets[bit // 8], bit % 8) for bit in range(low, high + 1)]
        case Register(address, width):
            return list(range(address, address + width // 2))
        case Key(name) | Pin(name):
            return [name]
