"""Checksums of device frames: pure arithmetic, each named as its documents name it.

Check values (over ``b"123456789"``) are those of the CRC catalogue, https://reveng.sourceforge.io/crc-catalogue/.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


def sum8(octets: bytes) -> int:
    """Sum of all bytes, modulo 256 (SDS011)."""
    return sum(octets) & 0xFF


def sum8_negated(octets: bytes) -> int:
    """Two's complement of the sum of all bytes, modulo 256 (MH-Z19B, OSDP)."""
    return -sum(octets) & 0xFF


def sum16(octets: bytes) -> int:
    """Sum of all bytes, modulo 65536 (PMS5003)."""
    return sum(octets) & 0xFFFF


def xor8(octets: bytes) -> int:
    """Exclusive or of all bytes (NMEA 0183)."""
    result = 0
    for octet in octets:
        result ^= octet
    return result


def _reflected_table(polynomial: int) -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        return value

    return tuple(entry(value) for value in range(256))


_A001 = _reflected_table(0xA001)
_8408 = _reflected_table(0x8408)


def _reflected_crc(octets: bytes, table: tuple[int, ...], crc: int) -> int:
    for octet in octets:
        crc = (crc >> 8) ^ table[(crc ^ octet) & 0xFF]
    return crc


def crc16_modbus(octets: bytes) -> int:
    """CRC-16/MODBUS: polynomial 8005h reflected, start FFFFh (Modbus RTU, Omron). Check: 4B37h."""
    return _reflected_crc(octets, _A001, 0xFFFF)


def crc16_arc(octets: bytes) -> int:
    """CRC-16/ARC: polynomial 8005h reflected, start 0 (SDI-12). Check: BB3Dh."""
    return _reflected_crc(octets, _A001, 0)


def crc16_mcrf4xx(octets: bytes) -> int:
    """CRC-16/MCRF4XX: polynomial 1021h reflected, start FFFFh (Lufft UMB). Check: 6F91h."""
    return _reflected_crc(octets, _8408, 0xFFFF)


def sdi12_text(octets: bytes) -> bytes:
    """Give the three characters with which SDI-12, and a WXT530 if asked, ends a line."""
    crc = crc16_arc(octets)
    return bytes((0x40 | crc >> 12, 0x40 | crc >> 6 & 0x3F, 0x40 | crc & 0x3F))


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A checksum as it stands in a frame: the arithmetic, its width in bytes, and their order."""

    compute: Callable[[bytes], int]
    width: int
    order: Literal["little", "big"]


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "sum8": Algorithm(sum8, 1, "big"),
        "sum8-negated": Algorithm(sum8_negated, 1, "big"),
        "sum16": Algorithm(sum16, 2, "big"),
        "xor8": Algorithm(xor8, 1, "big"),
        "crc16-modbus": Algorithm(crc16_modbus, 2, "little"),
        "crc16-mcrf4xx": Algorithm(crc16_mcrf4xx, 2, "little"),
    }
)
"""What a profile's ``checksum.kind`` may say."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """Where a frame keeps its checksum, and over which bytes; negative counts from the end."""

    algorithm: Algorithm
    start: int
    end: int
    at: int

    def holds(self, frame: bytes) -> bool:
        """Whether the frame carries the checksum of its own bytes."""
        at = self.at if self.at >= 0 else len(frame) + self.at
        carried = frame[at : at + self.algorithm.width]
        computed = self.algorithm.compute(frame[self.start : self.end])
        return carried == computed.to_bytes(self.algorithm.width, self.algorithm.order)
