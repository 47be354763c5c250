"""Profiles: a device model as data.

A profile says how a model's bytes lie and what they mean. It is read from
``profiles/<model>.toml`` by ``hardware.profile_file`` and applied by ``hardware.decode``; this
file holds only its words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hardware.checksum import Checksum
from hardware.command import Action
from hardware.place import Name
from hardware.quantity import Quantity


class ProfileKind(StrEnum):
    """The six ways in which devices speak."""

    FRAME = "frame"  # binary frames on a serial line
    LINE = "line"  # ASCII lines on a serial line
    MODBUS = "modbus"  # registers, read over Modbus RTU
    ADVERT = "advert"  # Bluetooth LE advertisements
    LEVEL = "level"  # GPIO pins that are high or low
    PULSE = "pulse"  # GPIO pins that are counted


# Where a field finds its raw value ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bytes:
    """A number at a fixed place of a frame; a negative ``at`` counts from the end."""

    at: int
    width: int
    order: Literal["little", "big"] = "big"
    number: Literal["unsigned", "signed", "float"] = "unsigned"
    bits: tuple[int, int] | None = None  # highest and lowest bit, both included


@dataclass(frozen=True, slots=True)
class Register:
    """One or two Modbus registers; of two, the first is the high word unless ``swapped``."""

    address: int
    width: int = 2
    number: Literal["unsigned", "signed", "float"] = "unsigned"
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A name under which a line's pattern, or a decoder library, gives the value."""

    name: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin by the role that it plays for the device; ``edge.toml`` says which one it is."""

    role: str


Source = Bytes | Register | Key | Pin
Raw = int | float | str


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where the bytes at ``source`` are one of ``values``."""

    source: Bytes
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a device's number to the quantity's unit: ``number * scale + offset``."""

    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a device.

    Attributes:
        missing: the raw values with which the device says "not available"; empty if it never does.
        by_suffix: the conversion for each unit letter, where the device writes one behind the
            number.
        low, high: what can be, in the quantity's unit, both included; outside is implausible.
        states: the name of each raw value, for states and events; an unlisted one is implausible.
        nothing: raw values of an event that mean "nothing happened".
        only_if: the field is in the frame only where this holds.
        valid_if: the field means something only where this holds; elsewhere it is not available.
    """

    quantity: Quantity
    channel: str
    source: Source
    missing: frozenset[Raw]
    step: Decimal
    decimals: int
    conversion: Conversion = Conversion()
    by_suffix: Mapping[str, Conversion] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    states: Mapping[Raw, str] = field(default_factory=dict)
    nothing: frozenset[Raw] = frozenset()
    only_if: Condition | None = None
    valid_if: Condition | None = None


# How a model's bytes lie -------------------------------------------------------------------------


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
    """The shape of an ASCII line.

    ``pattern`` matches a whole line. Its named groups are the raw values; a group named ``pairs``
    is split at commas, and each part is matched by ``pair``, which names ``key``, ``number`` and
    ``suffix``.
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
    """Which advertisements are the model's, and how two repeats of one are known.

    Of ``company`` and ``service`` exactly one is given, or neither where a driver decodes.
    """

    company: int | None = None
    service: str | None = None
    start: bytes = b""
    lengths: frozenset[int] = frozenset()
    repeat: Bytes | None = None


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


@dataclass(frozen=True, slots=True)
class GpioLayout:
    """The pins of a device by their roles."""

    pins: Mapping[str, PinLayout]


Layout = FrameLayout | LineLayout | ModbusLayout | AdvertLayout | GpioLayout

# How it is spoken to -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serial:
    """The line's settings; 8 data bits and 1 stop bit unless said otherwise."""

    baud: int
    parity: Literal["none", "even", "odd"] = "none"


@dataclass(frozen=True, slots=True)
class Poll:
    """A device that speaks when asked: what to send, how often, and how long to wait (seconds).

    The request is empty where the driver or the Modbus layout makes it.
    """

    every: float
    within: float
    request: bytes = b""


@dataclass(frozen=True, slots=True)
class Report:
    """How much of what is heard becomes readings.

    Attributes:
        every: seconds between readings of a gauge or total; 0 keeps each one.
        repeat: seconds after which an unchanged state is told again; 0 keeps each one.
    """

    every: float = 0.0
    repeat: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A device model.

    Attributes:
        model: the file's stem; the model's name everywhere.
        title: maker and type, as on the label.
        silent_after: seconds without a frame after which the device counts as silent; None for
            devices that speak only when something happens.
        driver: module in ``firmware_bridge/drivers`` for a device that needs a conversation or a
            key.
        sources: the documents from which the facts come.
    """

    model: str
    title: str
    name: Name
    kind: ProfileKind
    layout: Layout
    fields: tuple[Field, ...]
    sources: tuple[str, ...]
    silent_after: float | None
    serial: Serial | None = None
    poll: Poll | None = None
    report: Report = Report()
    driver: str | None = None
    actions: tuple[Action, ...] = ()
