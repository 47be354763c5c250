"""Whole numbers as bytes: little-endian base 128, signed ones folded by zigzag.

The same encoding as Protocol Buffers: seven bits a byte, lowest first, the high bit set on every
    byte but the last. Zigzag maps 0, -1, 1, -2 … to 0, 1, 2, 3 …
"""

from collections.abc import Iterable

MAX_BYTES = 10  # 64 bits in groups of seven
_LIMIT = 1 << 64


def write(numbers: Iterable[int], into: bytearray) -> None:
    """Append unsigned numbers below 2**64."""
    for number in numbers:
        rest = number
        while rest > 0x7F:
            into.append(rest & 0x7F | 0x80)
            rest >>= 7
        into.append(rest)


def read_all(octets: bytes) -> list[int]:
    """Read a run of unsigned numbers that fills ``octets`` exactly.

    Raises:
        ValueError: the last number is cut off, or a number needs more than 64 bits.
    """
    numbers = []
    number = shift = 0
    for octet in octets:
        number |= (octet & 0x7F) << shift
        if octet > 0x7F:
            shift += 7
            continue
        if number >= _LIMIT:
            raise ValueError("a number of more than 64 bits")
        numbers.append(number)
        number = shift = 0
    if shift:
        raise ValueError("the last number is cut off")
    return numbers


def zigzag(number: int) -> int:
    """Fold a signed number into an unsigned one."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unzigzag(folded: int) -> int:
    """Unfold what ``zigzag`` folded."""
    return folded >> 1 if not folded & 1 else -(folded + 1 >> 1)
