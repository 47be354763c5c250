import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync import varint
from cloud_sync.block import (
    BadBlockError,
    BlockId,
    Column,
    Dating,
    open_block,
    read_header,
    redate,
    seal,
)
from hardware.quantity import Lane
from hardware.reading import Absence, Trust

EPOCH = b"\x01\x02\x03\x04\x05\x06"
TABLE = b"table!"
DATED = Dating(1_780_000_000_000_000, Trust.NTP)

steps = st.one_of(st.integers(-(2**40), 2**40), st.sampled_from(Absence))


@st.composite
def columns(draw):
    channels = draw(st.lists(st.integers(0, 500), min_size=1, max_size=6, unique=True))
    unit = draw(st.sampled_from([1, 1000, 1_000_000]))
    found = []
    for channel in sorted(channels):
        times = draw(st.lists(st.integers(0, 2**40), min_size=1, max_size=20, unique=True))
        values = draw(st.lists(steps, min_size=len(times), max_size=len(times)))
        found.append(Column(channel, tuple(unit * time for time in sorted(times)), tuple(values)))
    return found


def sealed(cols, *, seq=7, dating=DATED):
    return seal(BlockId(EPOCH, Lane.COUNT, seq), table=TABLE, dating=dating, columns=cols)


@given(columns())
def test_what_was_sealed_is_what_is_opened(cols):
    block = open_block(sealed(cols))

    assert block.columns == tuple(cols)
    assert block.header.id == BlockId(EPOCH, Lane.COUNT, 7)
    assert block.header.table == TABLE
    assert block.header.dating == DATED
    assert block.header.readings == sum(len(column.times) for column in cols)


@given(columns(), st.data())
def test_no_block_with_a_flipped_bit_is_opened(cols, data):
    octets = bytearray(sealed(cols))
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 1 << bit % 8

    with pytest.raises(BadBlockError):
        open_block(bytes(octets))


@given(columns(), st.data())
def test_no_part_of_a_block_is_opened(cols, data):
    octets = sealed(cols)
    cut = data.draw(st.integers(0, len(octets) - 1))

    with pytest.raises(BadBlockError):
        open_block(octets[:cut])
    with pytest.raises(BadBlockError):
        open_block(octets + b"\0")


@given(st.binary(max_size=200))
def test_any_body_under_a_good_crc_is_opened_or_refused(body):
    """Bytes that somebody else's program sealed: nothing but BadBlockError may come of them."""
    octets = sealed([Column(0, (1,), (1,))])
    forged = octets[:5] + b"\0" + octets[6:32] + len(body).to_bytes(2, "little") + body
    forged += zlib.crc32(forged).to_bytes(4, "little")

    try:
        block = open_block(forged)
    except BadBlockError:
        return
    assert sum(len(column.times) for column in block.columns) == block.header.readings


@given(st.binary(max_size=100))
def test_any_deflated_rubbish_is_refused_without_growing(rubbish):
    octets = sealed([Column(0, (1,), (1,))])
    forged = octets[:5] + b"\1" + octets[6:34] + rubbish
    forged += zlib.crc32(forged).to_bytes(4, "little")

    with pytest.raises(BadBlockError):
        open_block(forged)


def test_a_body_that_inflates_to_more_than_it_says_is_refused():
    many = [Column(0, tuple(range(1, 5000)), tuple([5] * 4999))]
    octets = sealed(many)
    lie = octets[:32] + (10).to_bytes(2, "little") + octets[34:-4]

    with pytest.raises(BadBlockError, match="larger"):
        open_block(lie + zlib.crc32(lie).to_bytes(4, "little"))


@given(columns(), st.integers(-(2**60), 2**60))
def test_a_block_is_dated_later_without_touching_its_readings(cols, anchor):
    undated = sealed(cols, dating=Dating())
    dated = redate(undated, Dating(anchor, Trust.SERVICE))

    assert read_header(undated).dating.trust is Trust.NONE
    assert read_header(dated).dating == Dating(anchor, Trust.SERVICE)
    assert open_block(dated).columns == open_block(undated).columns
    assert read_header(dated).id == read_header(undated).id


def test_a_block_that_would_be_too_large_is_not_sealed():
    with pytest.raises(ValueError, match="do not fit"):
        sealed([Column(0, tuple(range(1, 70_000)), tuple([1] * 69_999))])


def test_regular_readings_take_about_a_byte_and_a_half_each():
    cols = [
        Column(
            c,
            tuple(range(1_000_000, 61_000_000, 1_000_000)),
            tuple(2150 + t % 3 for t in range(60)),
        )
        for c in range(10)
    ]
    assert len(sealed(cols)) / 600 < 1.5


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_varints_come_back(numbers):
    octets = bytearray()
    varint.write(numbers, octets)
    assert varint.read_all(bytes(octets)) == numbers


@given(st.integers())
def test_zigzag_is_its_own_inverse(number):
    assert varint.unzigzag(varint.zigzag(number)) == number
    assert varint.zigzag(number) >= 0


@pytest.mark.parametrize("octets", [b"\x80", b"\xff" * 10 + b"\x01", b"\x80" * 9 + b"\x02"])
def test_varints_that_are_cut_or_too_large_are_refused(octets):
    with pytest.raises(ValueError, match=r"cut off|64 bits"):
        varint.read_all(octets)
