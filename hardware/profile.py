"""Profiles: a device model as data.

A profile says how a model's bytes lie and what they mean. It is read from
``profiles/<model>.toml`` by ``hardware.profile_file`` and applied by ``hardware.decode``; this
file and ``hardware.layout`` hold only its words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hardware.command import Action
from hardware.layout import Bytes, Layout
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
class Register:
    """One, two or four Modbus registers; the first is the highest word unless ``swapped``."""

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


Setting = int | float | str


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
        settings: what that driver needs to know of this model; a site may set each differently.
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
    settings: Mapping[str, Setting] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()
