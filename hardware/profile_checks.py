"""Fields of a profile checked against the frame they lie in, and against each other."""

from hardware.layout import (
    AdvertLayout,
    Bytes,
    FrameLayout,
    GpioLayout,
    Layout,
    LineLayout,
    ModbusLayout,
)
from hardware.profile import Field, Key, Pin, Register, Source
from hardware.table import Table, did_you_mean


def check_source(table: Table, field: Field, layout: Layout) -> None:
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


def claim(table: Table, field: Field, rereads: str | None, holders: dict[object, str]) -> None:
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
