"""Blocks: readings packed for the journal, the wire and the store, as specified in ``README.md``.

A block is the unit of fsync, send, receipt and quota. Once sealed its bytes never change, except
that a block sealed before the node knew the date is dated later (``redate``). A block holds whole
numbers only (channel numbers, microseconds since boot, and values in steps), and
``cloud_sync.channels`` gives them their meaning.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from cloud_sync import varint
from hardware.quantity import Lane
from hardware.reading import Absence, Trust

MAGIC = b"KB"
VERSION = 1
LANES = tuple(Lane)
MAX_READINGS = 65_535
MAX_BODY = 65_535  # bytes inflated; a block that says more is refused before anything is allocated

_HEADER = struct.Struct("<2sBBBB6sI6sqHH")
_CRC = struct.Struct("<I")
_PLAIN = 0
_DICTIONARY = 1  # the preset dictionary that new blocks are deflated with
_ABSENCES = (Absence.NOT_AVAILABLE, Absence.IMPLAUSIBLE, Absence.SILENT)

MIN_SIZE = _HEADER.size + _CRC.size


class BadBlockError(ValueError):
    """These bytes are not a sound block; sending them again will not help."""


@dataclass(frozen=True, slots=True)
class BlockId:
    """Which block of a node: a journal's epoch, the lane, and a number that has no gaps."""

    epoch: bytes
    lane: Lane
    seq: int


@dataclass(frozen=True, slots=True)
class Dating:
    """What turns microseconds since boot into microseconds since 1970, and how far to trust it."""

    anchor_us: int = 0
    trust: Trust = Trust.NONE


@dataclass(frozen=True, slots=True)
class Header:
    """Everything about a block that can be known without inflating it."""

    id: BlockId
    table: bytes
    dating: Dating
    readings: int
    coding: int
    body_size: int


@dataclass(frozen=True, slots=True)
class Column:
    """The readings of one channel, oldest first.

    Attributes:
        channel: the row of the channel table.
        times: microseconds since boot; strictly increasing.
        values: whole steps, or why there is no value; as many as there are times.
    """

    channel: int
    times: tuple[int, ...]
    values: tuple[int | Absence, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block, opened."""

    header: Header
    columns: tuple[Column, ...]


def seal(block_id: BlockId, *, table: bytes, dating: Dating, columns: Sequence[Column]) -> bytes:
    """Pack columns into a block.

    Args:
        block_id: its identity; the caller numbers without gaps.
        table: six bytes, the name of the channel table that gives the columns their meaning.
        dating: how its times are to be dated; ``Dating()`` while the date is not known.
        columns: one per channel, in ascending order of channel, none empty.

    Raises:
        ValueError: more readings or bytes than a block can hold; seal earlier.
    """
    readings = sum(len(column.times) for column in columns)
    body = _pack(columns)
    if readings > MAX_READINGS or len(body) > MAX_BODY:
        raise ValueError(f"{readings} readings in {len(body)} bytes do not fit into one block")
    packed = _deflate(body, _DICTIONARY)
    coding = _DICTIONARY
    if len(packed) >= len(body):
        packed, coding = body, _PLAIN
    header = Header(block_id, table, dating, readings, coding, len(body))
    return _finish(header, packed)


def redate(block: bytes, dating: Dating) -> bytes:
    """Give a block that was sealed undated its dating; identity and readings stay as they are."""
    header = read_header(block)
    return _finish(replace(header, dating=dating), block[_HEADER.size : -_CRC.size])


def read_header(block: bytes) -> Header:
    """Read a block's header and check the whole block's CRC.

    Raises:
        BadBlockError: these bytes are not a block of a version that we know.
    """
    if len(block) < MIN_SIZE:
        raise BadBlockError(f"{len(block)} bytes are too few for a block")
    (magic, version, lane, trust, coding, epoch, seq, table, anchor_us, readings, body_size) = (
        _HEADER.unpack_from(block)
    )
    if magic != MAGIC or version != VERSION:
        raise BadBlockError(f"starts with {magic.hex()} version {version}; expected 4b42 version 1")
    if zlib.crc32(memoryview(block)[: -_CRC.size]) != _CRC.unpack_from(block, len(block) - 4)[0]:
        raise BadBlockError("the CRC does not hold")
    if lane >= len(LANES) or trust > Trust.NTP:
        raise BadBlockError(f"lane {lane} or trust {trust} does not exist")
    return Header(
        BlockId(epoch, LANES[lane], seq),
        table,
        Dating(anchor_us, Trust(trust)),
        readings,
        coding,
        body_size,
    )


def open_block(block: bytes) -> Block:
    """Read a whole block.

    Raises:
        BadBlockError: the bytes are not a sound block; nothing of it may be used.
    """
    header = read_header(block)
    packed = block[_HEADER.size : -_CRC.size]
    body = packed if header.coding == _PLAIN else _inflate(packed, header)
    if len(body) != header.body_size:
        raise BadBlockError(f"the body has {len(body)} bytes; the header says {header.body_size}")
    try:
        columns = _unpack(varint.read_all(body))
    except (ValueError, IndexError) as error:
        raise BadBlockError(f"the body does not add up: {error}") from None
    if sum(len(column.times) for column in columns) != header.readings:
        raise BadBlockError("the body has another number of readings than the header says")
    return Block(header, columns)


def _finish(header: Header, packed: bytes) -> bytes:
    head = _HEADER.pack(
        MAGIC,
        VERSION,
        LANES.index(header.id.lane),
        header.dating.trust,
        header.coding,
        header.id.epoch,
        header.id.seq,
        header.table,
        header.dating.anchor_us,
        header.readings,
        header.body_size,
    )
    unchecked = head + packed
    return unchecked + _CRC.pack(zlib.crc32(unchecked))


# The body ---------------------------------------------------------------------------------------


def _pack(columns: Sequence[Column]) -> bytes:
    """Write the sections one after another, so that like stands beside like for the deflater."""
    base = min((column.times[0] for column in columns), default=0)
    unit = _time_unit(columns, base)
    body = bytearray()
    varint.write((base, unit, len(columns)), body)
    varint.write(_channel_steps(columns), body)
    for column in columns:
        absences = [i for i, value in enumerate(column.values) if isinstance(value, Absence)]
        varint.write((len(column.times) << 1 | bool(absences),), body)
        if absences:
            varint.write(_absences(column, absences), body)
    for column in columns:
        varint.write(_times(column, base, 10**unit), body)
    for column in columns:
        varint.write(_values(column), body)
    return bytes(body)


def _time_unit(columns: Sequence[Column], base: int) -> int:
    """Give the largest power of ten, up to a second, in which every time is a whole number."""
    for exponent in range(6, 0, -1):
        unit = 10**exponent
        if not any((time - base) % unit for column in columns for time in column.times):
            return exponent
    return 0


def _channel_steps(columns: Sequence[Column]) -> Iterable[int]:
    previous = -1
    for column in columns:
        yield column.channel - previous - 1
        previous = column.channel


def _absences(column: Column, places: Sequence[int]) -> Iterable[int]:
    yield len(places)
    previous = -1
    for place in places:
        kind = column.values[place]
        assert isinstance(kind, Absence)
        yield (place - previous - 1) << 2 | _ABSENCES.index(kind)
        previous = place


def _times(column: Column, base: int, unit: int) -> Iterable[int]:
    previous = (column.times[0] - base) // unit
    yield previous
    step = 0
    for time in column.times[1:]:
        current = (time - base) // unit
        yield varint.zigzag(current - previous - step)
        step = current - previous
        previous = current


def _values(column: Column) -> Iterable[int]:
    previous = 0
    for value in column.values:
        if not isinstance(value, Absence):
            yield varint.zigzag(value - previous)
            previous = value


def _unpack(numbers: list[int]) -> tuple[Column, ...]:
    stream = iter(numbers)
    base, unit, count = (_next(stream) for _ in range(3))
    if unit > 6 or count > len(numbers):
        raise ValueError("a time unit or number of columns that cannot be")
    channels = []
    channel = -1
    for _ in range(count):
        channel += _next(stream) + 1
        channels.append(channel)
    shapes = [_shape(stream, len(numbers)) for _ in range(count)]
    times = [_read_times(stream, size, base, 10**unit) for size, _ in shapes]
    values = [_read_values(stream, size, absences) for size, absences in shapes]
    if next(stream, None) is not None:
        raise ValueError("something follows the last value")
    return tuple(map(Column, channels, times, values))


def _next(stream: Iterator[int]) -> int:
    for number in stream:
        return number
    raise ValueError("it ends too early")


def _shape(stream: Iterator[int], limit: int) -> tuple[int, dict[int, Absence]]:
    coded = _next(stream)
    size = coded >> 1
    if not 1 <= size <= limit:
        raise ValueError(f"a column of {size} readings")
    absences: dict[int, Absence] = {}
    place = -1
    for _ in range(_next(stream) if coded & 1 else 0):
        step = _next(stream)
        place += (step >> 2) + 1
        if place >= size:
            raise ValueError("an absence beyond the column")
        absences[place] = _ABSENCES[step & 3]
    return size, absences


def _read_times(stream: Iterator[int], size: int, base: int, unit: int) -> tuple[int, ...]:
    time = _next(stream)
    step = 0
    times = [base + time * unit]
    for _ in range(size - 1):
        step += varint.unzigzag(_next(stream))
        if step <= 0:
            raise ValueError("times that do not increase")
        time += step
        times.append(base + time * unit)
    return tuple(times)


def _read_values(
    stream: Iterator[int], size: int, absences: dict[int, Absence]
) -> tuple[int | Absence, ...]:
    value = 0
    values: list[int | Absence] = []
    for place in range(size):
        if place in absences:
            values.append(absences[place])
            continue
        value += varint.unzigzag(_next(stream))
        values.append(value)
    return tuple(values)


# Deflate with a preset dictionary ---------------------------------------------------------------


@cache
def _dictionary(coding: int) -> bytes:
    file = resources.files("cloud_sync").joinpath("dictionaries", f"{coding}.bin")
    if not file.is_file():
        raise BadBlockError(f"body coding {coding} is newer than this program; update it")
    return file.read_bytes()


def _deflate(body: bytes, coding: int) -> bytes:
    deflater = zlib.compressobj(level=9, wbits=-15, memLevel=9, zdict=_dictionary(coding))
    return deflater.compress(body) + deflater.flush()


def _inflate(packed: bytes, header: Header) -> bytes:
    """Inflate a body, and never to more than its header says."""
    inflater = zlib.decompressobj(-15, zdict=_dictionary(header.coding))
    try:
        body = inflater.decompress(packed, header.body_size or 1)
    except zlib.error as error:
        raise BadBlockError(f"the body does not inflate: {error}") from None
    if not inflater.eof or inflater.unused_data:
        raise BadBlockError("the body is larger than the header says")
    return body
