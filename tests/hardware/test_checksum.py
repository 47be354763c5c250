import pytest

from hardware.checksum import (
    ALGORITHMS,
    Checksum,
    crc16_arc,
    crc16_mcrf4xx,
    crc16_modbus,
    sdi12_text,
    sum8,
    sum8_negated,
    sum16,
    xor8,
)

CHECK = b"123456789"


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [(crc16_modbus, 0x4B37), (crc16_arc, 0xBB3D), (crc16_mcrf4xx, 0x6F91)],
)
def test_a_crc_gives_the_check_value_of_the_catalogue(algorithm, value: int) -> None:
    assert algorithm(CHECK) == value


def test_sums_wrap_at_their_width() -> None:
    assert sum8(b"\xff\x02") == 0x01
    assert sum8_negated(bytes.fromhex("86027c42000000")) == 0xBA
    assert sum16(b"\xff" * 300) == (255 * 300) & 0xFFFF
    assert xor8(b"\xf0\x0f\x01") == 0xFE


def test_sdi12_writes_a_crc_as_three_letters() -> None:
    assert sdi12_text(b"0r2,Ta=22.7C,Ua=55.5P,Pa=1004.7H") == b"@Fn"


def test_a_checksum_is_looked_for_where_the_layout_says() -> None:
    checksum = Checksum(ALGORITHMS["crc16-modbus"], start=0, end=-2, at=-2)
    assert checksum.holds(bytes.fromhex("fe0400000004e5c6"))
    assert not checksum.holds(bytes.fromhex("fe0400000004e5c7"))
    assert not checksum.holds(b"\xfe")
