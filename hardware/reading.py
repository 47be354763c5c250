"""Measurements and readings: the one thing that flows through Kyoten.

A *measurement* is what one frame says. A *reading* is a measurement with an origin (device) and a
time (stamp). A value is a number in the quantity's unit, the name of a state, or an ``Absence``:
there are three kinds of nothing and none of them is a number.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum

from hardware.quantity import Quantity


class Absence(Enum):
    """Why there is no value; in the word that the store, the API and the page use."""

    NOT_AVAILABLE = "not_available"  # the device said so
    IMPLAUSIBLE = "implausible"  # the device gave a value that cannot be
    SILENT = "silent"  # we have heard nothing


Value = float | str | Absence


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one frame says about one quantity.

    Attributes:
        value: a number in ``quantity.unit``, one of ``quantity.states``, or why there is none.
        channel: tells several of one quantity on one device apart (``x``, ``max``, ``2``).
        step: the finest difference that this device can express, in ``quantity.unit``.
    """

    quantity: Quantity
    value: Value
    channel: str = ""
    step: Decimal = Decimal(1)


Measurements = tuple[Measurement, ...]


class Trust(IntEnum):
    """How far a wall time is trusted. Higher is better; the numbers are the wire codes."""

    NONE = 0  # the clock was never set in this boot
    BOUNDED = 1  # never set, but between two moments that were
    SERVICE = 2  # told by the service over the link
    RTC = 3
    GNSS = 4
    NTP = 5


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was observed.

    Attributes:
        boot: id of the node's boot, as the kernel gives it.
        since_boot_us: microseconds of CLOCK_BOOTTIME, which counts through suspend and never steps.
        unix_us: microseconds since 1970 in UTC, or None while the node does not know the date.
    """

    boot: str
    since_boot_us: int
    unix_us: int | None = None
    trust: Trust = Trust.NONE


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement with its origin and its time."""

    device: str
    measurement: Measurement
    stamp: Stamp
