"""Bytes and a profile in, measurements out.

Every function here is total: any bytes give measurements, ``NotMine`` or ``BrokenFrame``, and a
frame that is not whole gives nothing at all. What a frame does not carry is not measured; what the
device says it does not know is measured as ``Absence.NOT_AVAILABLE``.
"""

import re
import struct
from collections.abc import Iterable, Mapping, Sequence

from hardware.advert import Advert
from hardware.checksum import sdi12_text
from hardware.errors import BrokenFrame, NotMine
from hardware.layout import AdvertLayout, Bytes, FrameLayout, LineLayout, ModbusLayout
from hardware.measure import Named, collect, measure, measure_named
from hardware.profile import Condition, Field, Profile, Raw, Register
from hardware.reading import Measurements

_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")


def decode_frame(profile: Profile, frame: bytes) -> Measurements:
    """Decode one whole binary frame.

    Raises:
        NotMine: the frame does not start as this model's do.
        BrokenFrame: length, fixed bytes, end or checksum are wrong.
    """
    assert isinstance(profile.layout, FrameLayout)
    check_frame(profile.layout, frame)
    return _from_bytes(profile.fields, frame)


def check_frame(layout: FrameLayout, frame: bytes) -> None:
    """Accept a whole and sound frame, or raise ``NotMine`` or ``BrokenFrame``."""
    if not frame.startswith(layout.start):
        raise NotMine(f"starts with {frame[: len(layout.start)].hex()}, not {layout.start.hex()}")
    if frame_length(layout, frame) != len(frame):
        raise BrokenFrame(f"{len(frame)} bytes are no whole frame")
    for at, expected in layout.fixed:
        start = at if at >= 0 else len(frame) + at
        if frame[start : start + len(expected)] != expected:
            raise BrokenFrame(f"byte {at} is not {expected.hex()}")
    if not frame.endswith(layout.end):
        raise BrokenFrame(f"ends with {frame[-len(layout.end) :].hex()}, not {layout.end.hex()}")
    if layout.checksum is not None and not layout.checksum.holds(frame):
        raise BrokenFrame("the checksum does not hold")


def frame_length(layout: FrameLayout, head: bytes) -> int | None:
    """Tell a frame's total length from its first bytes; None while they are too few.

    Raises:
        BrokenFrame: the length is none that this model has.
    """
    if layout.length_at is None:
        (length,) = layout.lengths
        return length
    stated = _raw(layout.length_at, head)
    if stated is None:
        return None
    length = int(stated) + layout.length_plus
    if length not in layout.lengths:
        raise BrokenFrame(f"says {length} bytes; no frame of this model is that long")
    return length


def decode_advert(profile: Profile, advert: Advert) -> Measurements:
    """Decode one advertisement by layout alone.

    Raises:
        NotMine: the advertisement is another maker's or another format.
        BrokenFrame: it is ours, but has been cut short.
    """
    payload = advert_payload(profile, advert)
    assert isinstance(profile.layout, AdvertLayout)
    if len(payload) not in profile.layout.lengths:
        raise BrokenFrame(f"{len(payload)} bytes; lengths are {sorted(profile.layout.lengths)}")
    return _from_bytes(profile.fields, payload)


def advert_payload(profile: Profile, advert: Advert) -> bytes:
    """Give the bytes of an advertisement that belong to this model, or raise ``NotMine``."""
    layout = profile.layout
    assert isinstance(layout, AdvertLayout)
    payload = (
        advert.company_data.get(layout.company)
        if layout.company is not None
        else advert.service_data.get(layout.service or "")
    )
    if payload is None or not payload.startswith(layout.start):
        raise NotMine(f"not an advertisement of a {profile.title}")
    return payload


def decode_registers(profile: Profile, registers: Sequence[int]) -> Measurements:
    """Decode the registers that ``profile.layout`` asks for, in order.

    Raises:
        BrokenFrame: the answer has another number of registers.
    """
    layout = profile.layout
    assert isinstance(layout, ModbusLayout)
    if len(registers) != layout.count:
        raise BrokenFrame(f"{len(registers)} registers; asked for {layout.count}")
    octets = b"".join(register.to_bytes(2, "big") for register in registers)
    found = []
    for field in profile.fields:
        assert isinstance(field.source, Register)
        at = 2 * (field.source.address - layout.first)
        words = octets[at : at + field.source.width]
        if field.source.swapped:
            words = b"".join(words[i : i + 2] for i in range(len(words) - 2, -1, -2))
        found.append(measure(field, _number(words, "big", field.source.number)))
    return collect(found)


def decode_line(profile: Profile, line: bytes) -> Measurements:
    """Decode one line of text, without its line end.

    Raises:
        NotMine: the line is none of this model's messages.
        BrokenFrame: it is one, but a part of it is damaged.
    """
    layout = profile.layout
    assert isinstance(layout, LineLayout)
    text = line.decode("latin-1")  # never fails; a pattern can then name a stray byte: \xff
    if layout.passed_over is not None and layout.passed_over.fullmatch(text):
        return ()
    if layout.sdi12_when is not None and layout.sdi12_when.match(text):
        if sdi12_text(line[:-3]) != line[-3:]:
            raise BrokenFrame("the CRC does not hold")
        text = text[:-3]
    match = layout.pattern.fullmatch(text)
    if match is None:
        raise NotMine(f"{text[:40]!r} is no message of a {profile.title}")
    return measure_named(profile, _named(layout, match.groupdict()))


def _named(layout: LineLayout, groups: Mapping[str, str | None]) -> list[Named]:
    """Name the values of a line: those of the pattern's groups, or of its pairs."""
    if layout.pair is None:
        return [Named(name, _as_raw(text)) for name, text in groups.items() if text is not None]
    values: dict[str, Named] = {}
    for part in (groups["pairs"] or "").split(","):
        pair = layout.pair.fullmatch(part)
        if pair is None:
            raise BrokenFrame(f"{part[:20]!r} is not a value")
        found = pair.groupdict()
        key = found["key"]
        if key is None:  # a part that the pattern knows and that is not a measurement
            continue
        if key in values:
            raise BrokenFrame(f"{key} stands twice")
        values[key] = Named(key, _as_raw(found["number"] or ""), found.get("suffix") or "")
    return list(values.values())


def _as_raw(text: str) -> Raw:
    return float(text) if _DECIMAL.fullmatch(text) else text


def _from_bytes(fields: Iterable[Field], frame: bytes) -> Measurements:
    found: list[tuple[Field, Raw | None]] = []
    for field in fields:
        if field.only_if is not None and not _holds(field.only_if, frame):
            continue
        assert isinstance(field.source, Bytes)
        raw = _raw(field.source, frame)
        if raw is None:
            raise BrokenFrame(f"too short for {field.quantity.name}")
        known = field.valid_if is None or _holds(field.valid_if, frame)
        found.append((field, raw if known else None))
    return collect(measure(field, raw) for field, raw in found)


def _holds(condition: Condition, frame: bytes) -> bool:
    return _raw(condition.source, frame) in condition.values


def _raw(source: Bytes, frame: bytes) -> int | float | None:
    """The number at a place, or None where the frame does not reach so far."""
    at = source.at if source.at >= 0 else len(frame) + source.at
    octets = frame[at : at + source.width]
    if at < 0 or len(octets) < source.width:
        return None
    number = _number(octets, source.order, source.number)
    if source.bits is None or isinstance(number, float):
        return number
    high, low = source.bits
    return (number >> low) & ((1 << (high - low + 1)) - 1)


def _number(octets: bytes, order: str, number: str) -> int | float:
    if number == "float":
        code = ("<" if order == "little" else ">") + ("f" if len(octets) == 4 else "d")
        result: float = struct.unpack(code, octets)[0]
        return result
    return int.from_bytes(
        octets, "little" if order == "little" else "big", signed=number == "signed"
    )
