"""What a driver is. There are five ways in which a device lives, and one protocol for each.

A driver is made for one configured device and holds what that device needs remembered (a counter, a
key). It is found by name, ``firmware_bridge/drivers/<name>.py``, or built from the profile alone;
see ``firmware_bridge.devices``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from firmware_bridge.pins import Pins
from firmware_bridge.transport import Transport
from hardware.advert import Advert
from hardware.command import Action
from hardware.errors import DecodeError
from hardware.reading import Measurements

Tell = Callable[[Measurements, int], None]
"""Takes measurements and the microseconds since boot at which they were so."""

Memory = Mapping[str, int]
"""What a driver must know again after a restart: hand it to the next driver of the same device."""


class Speaks(Protocol):
    """A device that speaks by itself on a serial line. Pure: it knows no port and no time."""

    def feed(self, chunk: bytes) -> list[Measurements | DecodeError]:
        """Take the next bytes, in chunks of any size; give what each frame says, or its defect."""


class Conversation(Protocol):
    """One question and how its answer is read. Pure: it knows no port and no time."""

    @property
    def request(self) -> bytes:
        """What to send."""

    def reader(self) -> Speaks:
        """Make a reader for the answer to one request; its first measurements are the answer."""


class Answers(Protocol):
    """A device that speaks when asked. Several may share one line; they are asked in turn."""

    @property
    def every(self) -> float:
        """Seconds from one question to the next."""

    async def ask(self, line: Transport) -> Measurements:
        """Ask once and measure the answer.

        Raises:
            NoAnswer: nothing that is an answer came in time; ask again later.
            DecodeError: an answer came, and it was damaged or a refusal.
            LinkLost: the port is gone.
        """


class Advertises(Protocol):
    """A device that is heard by radio, without a connection."""

    @property
    def memory(self) -> Memory:
        """What the next driver of this device must know; it changes with what is heard."""

    def hear(self, advert: Advert) -> Measurements:
        """Measure one advertisement; empty for a repeat of one heard before.

        Raises:
            DecodeError: not mine, broken, or sealed with another key.
        """


class Watches(Protocol):
    """A device on GPIO pins."""

    @property
    def memory(self) -> Memory:
        """The counts so far."""

    async def watch(self, pins: Pins, tell: Tell) -> None:
        """Watch the device's pins until cancelled, and tell each settled change.

        The state at the beginning is told first, as soon as it has settled.

        Raises:
            ConfigError: a pin cannot do what the profile asks of it.
        """


@runtime_checkable
class Acts(Protocol):
    """A device that can be told to do something, and shows whether it did."""

    async def carry_out(self, action: Action) -> str:
        """Tell the device, read its state back, and give that state as it was read.

        Raises:
            NotVerified: the device was told, but does not show the wished state; the text says why.
            LinkLost: it could not be told.
        """


class WatchesAndActs(Watches, Acts, Protocol):
    """A device on GPIO pins that can be told to do something while it is being watched."""


class NoAnswer(TimeoutError):
    """The device did not answer in time: count it, ask again when its turn comes."""


class NotVerified(RuntimeError):
    """The device was told, and its state read back is not the wished one."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a device's driver may need to know and nobody else: read from files, never printed."""

    key: bytes | None = None

    def __repr__(self) -> str:
        return "Secrets(…)"
