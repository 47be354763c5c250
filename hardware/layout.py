"""How a model's bytes lie: the shapes of frames, lines, register reads, advertisements and pins.

Only words; ``hardware.profile_layout`` reads them from a profile file, ``hardware.decode`` and the
framers of ``firmware_bridge`` apply them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hardware.checksum import Checksum


@dataclass(frozen=True, slots=True)
class Bytes:
    """A number at a fixed place of a frame; a negative ``at`` counts from the end."""

    at: int
    width: int
    order: Literal["little", "big"] = "big"
    number: Literal["unsigned", "signed", "float"] = "unsigned"
    bits: tuple[int, int] | None = None  # highest and lowest bit, both included


@dataclass(frozen=True, slots=True)
class FrameLayout:
    """The shape of a binary frame.

    The length is fixed, or is read at ``length_at`` and grows by ``length_plus``. ``lengths`` are
    the total lengths that exist; everything else is refused, so memory is bounded by the largest.
    """

    start: bytes
    lengths: frozenset[int]
    length_at: Bytes | None = None
    length_plus: int = 0
    end: bytes = b""
    fixed: tuple[tuple[int, bytes], ...] = ()
    checksum: Checksum | None = None

    @property
    def longest(self) -> int:
        """The largest frame in bytes."""
        return max(self.lengths)


@dataclass(frozen=True, slots=True)
class LineLayout:
    r"""The shape of an ASCII line.

    ``pattern`` matches a whole line. Its named groups are the raw values; a group named ``pairs``
    is split at commas, and each part is matched by ``pair``, which names ``key``, ``number`` and
    ``suffix``. Patterns see bytes as Latin-1, so that they can name a stray byte (``\xff``).

    Attributes:
        longest: the largest line in bytes, without its end; memory is bounded by it.
        passed_over: whole lines that are sound and say nothing that is measured.
        sdi12_when: what a line starts with that ends with an SDI-12 CRC.
    """

    ends: bytes
    longest: int
    pattern: re.Pattern[str]
    pair: re.Pattern[str] | None = None
    passed_over: re.Pattern[str] | None = None
    sdi12_when: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class ModbusLayout:
    """Which registers to read of which unit, in one request."""

    unit: int
    function: Literal[3, 4]
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class AdvertLayout:
    """Which advertisements are the model's.

    Of ``company`` and ``service`` exactly one is given; where a driver decodes, any of them.

    Attributes:
        numbered: the payload counts its measurements, so that the same payload again is a repeat of
            one transmission and not a second measurement with the same result.
    """

    company: int | None = None
    service: str | None = None
    start: bytes = b""
    lengths: frozenset[int] = frozenset()
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class PinLayout:
    """How one pin is wired: the resistor that holds it when nothing drives it, and its bounce.

    Attributes:
        direction: ``out`` for a pin that the driver moves.
        debounce_us: an edge counts when the level has held for this long.
    """

    direction: Literal["in", "out"] = "in"
    pull: Literal["up", "down", "none"] = "up"
    debounce_us: int = 0

    @property
    def active(self) -> int:
        """The level that somebody must drive, because the resistor holds the other one."""
        return 0 if self.pull == "up" else 1


@dataclass(frozen=True, slots=True)
class GpioLayout:
    """The pins of a device by their roles."""

    pins: Mapping[str, PinLayout]


Layout = FrameLayout | LineLayout | ModbusLayout | AdvertLayout | GpioLayout
