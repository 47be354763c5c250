"""Bytes and a profile in, measurements out.

Every function here is total: any bytes give measurements, ``NotMine`` or ``BrokenFrame``, and a
    frame that is not whole gives nothing at all. What a frame does not carry is not measured; what
    the device says it does not know is measured as ``Absence.NOT_AVAILABLE``.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence

from hardware.advert import Advert
from hardware.checksum import sdi12_text
from hardware.errors import BrokenFrame, NotMine
from hardware.profile import (
    AdvertLayout,
    Bytes,
    Condition,
    Conversion,
    Field,
    FrameLayout,
    Key,
    LineLayout,
    ModbusLayout,
    Pin,
    Profile,
    Raw,
    Register,
)
from hardware.reading import Absence, Measurement, Value

Measurements = tuple[Measurement, ...]


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
        raise BrokenFrame(f"{len(frame)} bytes; lengths are {sorted(layout.lengths)}")
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
        raise BrokenFrame(f"says {length} bytes; lengths are {sorted(layout.lengths)}")
    return length


def decode_advert(profile: Profile, advert: Advert) -> Measurements:
    """Decode one advertisement by layout alone.

    Raises:
        NotMine: the advertisement is another maker's or another format.
        BrokenFrame: it is ours, but has been cut short.
    """
    payload = advert_payload(profile, advert)
    assert isinstance(profile.layout, AdvertLayout)
    if profile.layout.lengths and len(payload) not in profile.layout.lengths:
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


def repeat_mark(layout: AdvertLayout, payload: bytes) -> Raw | None:
    """Give the counter by which repeats of one advertisement are known, if the model has one."""
    return None if layout.repeat is None else _raw(layout.repeat, payload)


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
        found.append((field, _number(words, "big", field.source.number)))
    return _measured(found)


def decode_line(profile: Profile, line: bytes) -> Measurements:
    """Decode one ASCII line, without its line end.

    Raises:
        NotMine: the line is none of this model's messages.
        BrokenFrame: it is one, but a part of it is damaged.
    """
    layout = profile.layout
    assert isinstance(layout, LineLayout)
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError:
        raise BrokenFrame("a byte that is not ASCII") from None
    if layout.passed_over is not None and layout.passed_over.fullmatch(text):
        return ()
    if layout.sdi12_when is not None and layout.sdi12_when.match(text):
        text, carried = text[:-3], line[-3:]
        if sdi12_text(line[:-3]) != carried:
            raise BrokenFrame("the CRC does not hold")
    match = layout.pattern.fullmatch(text)
    if match is None:
        raise NotMine(f"{text[:40]!r} is no message of a {profile.title}")
    return _from_keys(profile.fields, _keyed(layout, match.groupdict()))


def measure_keys(profile: Profile, values: Mapping[str, Raw]) -> Measurements:
    """Measure what a decoder library found, by the names that it gives.

    Names that the profile does not list are passed over.
    """
    return _from_keys(profile.fields, {key: (value, "") for key, value in values.items()})


def measure_pin(profile: Profile, role: str, raw: int) -> Measurements:
    """Measure a pin: its level (1 high, 0 low), or its count."""
    return _measured((field, raw) for field in profile.fields if field.source == Pin(role))


def measure(field: Field, raw: Raw, suffix: str = "") -> Measurement | None:
    """Give the measurement of one raw value; None for an event that did not happen."""
    if raw in field.nothing:
        return None
    return Measurement(field.quantity, _value(field, raw, suffix), field.channel, field.step)


def _value(field: Field, raw: Raw, suffix: str) -> Value:
    if raw in field.missing or suffix in field.missing:
        return Absence.NOT_AVAILABLE
    if field.quantity.states:
        return field.states.get(raw, Absence.IMPLAUSIBLE)
    conversion = field.by_suffix.get(suffix) if field.by_suffix else field.conversion
    if conversion is None or isinstance(raw, str) or not math.isfinite(raw):
        return Absence.IMPLAUSIBLE
    return _number_value(field, raw, conversion)


def _number_value(field: Field, raw: float, conversion: Conversion) -> Value:
    value = raw * conversion.scale + conversion.offset
    step = float(field.step)
    value = round(round(value / step) * step, field.decimals)
    if field.low is not None and value < field.low:
        return Absence.IMPLAUSIBLE
    if field.high is not None and value > field.high:
        return Absence.IMPLAUSIBLE
    return value


def _from_bytes(fields: Iterable[Field], frame: bytes) -> Measurements:
    found: list[tuple[Field, Raw]] = []
    for field in fields:
        if field.only_if is not None and not _holds(field.only_if, frame):
            continue
        assert isinstance(field.source, Bytes)
        raw = _raw(field.source, frame)
        if raw is None:
            raise BrokenFrame(f"too short for {field.quantity.name}")
        found.append((field, raw))
    return tuple(
        measurement
        for field, raw in found
        if (measurement := _measure_if_valid(field, raw, frame)) is not None
    )


def _measure_if_valid(field: Field, raw: Raw, frame: bytes) -> Measurement | None:
    if field.valid_if is not None and not _holds(field.valid_if, frame):
        return Measurement(field.quantity, Absence.NOT_AVAILABLE, field.channel, field.step)
    return measure(field, raw)


def _measured(found: Iterable[tuple[Field, Raw]]) -> Measurements:
    return tuple(m for field, raw in found if (m := measure(field, raw)) is not None)


def _holds(condition: Condition, frame: bytes) -> bool:
    return _raw(condition.source, frame) in condition.values


def _raw(source: Bytes, frame: bytes) -> int | float | None:
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


def _keyed(layout: LineLayout, groups: Mapping[str, str | None]) -> dict[str, tuple[Raw, str]]:
    """Name the values of a line: those of the pattern's groups, or of its pairs."""
    if layout.pair is None:
        return {key: (_as_raw(text), "") for key, text in groups.items() if text is not None}
    values: dict[str, tuple[Raw, str]] = {}
    for part in (groups["pairs"] or "").split(","):
        pair = layout.pair.fullmatch(part)
        if pair is None:
            raise BrokenFrame(f"{part[:20]!r} is not a value")
        found = pair.groupdict()
        if found["key"] is None:  # a part that the pattern names as not a measurement
            continue
        if found["key"] in values:
            raise BrokenFrame(f"{found['key']} stands twice")
        values[found["key"]] = (_as_raw(found["number"] or ""), found.get("suffix") or "")
    return values


def _as_raw(text: str) -> Raw:
    try:
        return float(text)
    except ValueError:
        return text


def _from_keys(fields: Iterable[Field], values: Mapping[str, tuple[Raw, str]]) -> Measurements:
    found = []
    for field in fields:
        assert isinstance(field.source, Key)
        if field.source.name in values:
            measurement = measure(field, *values[field.source.name])
            if measurement is not None:
                found.append(measurement)
    return tuple(found)
