"""What a protocol twin is: a device as its document describes it, without port or clock.

A twin makes bytes from a scene, and knows nothing of how we read them: it is written from the
device's document, so that a mistake in a profile is not repeated in it. A twin is found by its
model's name, ``firmware_bridge/virtual/twins/<model>.py``, by its function ``create``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.virtual.nature import Scene


@dataclass(frozen=True, slots=True)
class Made:
    """What a twin is made with.

    Attributes:
        address: the Bluetooth address of a twin that is heard by radio.
        key: the key of a twin that encrypts.
        seconds: a number that is larger each time a twin is made; counters begin with it.
    """

    address: str = "00:00:00:00:00:00"
    key: bytes | None = None
    seconds: int = 0


class Talks(Protocol):
    """A twin on a serial line.

    Attributes:
        every: seconds between what it says by itself; 0 for one that only answers.
    """

    every: float

    def emit(self, scene: Scene) -> bytes:
        """Say by itself what is the case."""

    def respond(self, received: bytes, scene: Scene) -> bytes:
        """Answer the bytes that came, in chunks of any size; empty where they ask nothing."""


class Sends(Protocol):
    """A twin that is heard by radio.

    Attributes:
        every: seconds between transmissions.
    """

    every: float

    def events(self, scene: Scene) -> list[bytes]:
        """Say what is the case, as the HCI events with which a controller would tell it."""


class Wired(Protocol):
    """A twin on GPIO pins."""

    def levels(self, scene: Scene, at: float) -> Mapping[str, int]:
        """Give the level of each pin that the twin drives, by role; ``at`` is in seconds."""

    def driven(self, role: str, level: int, at: float) -> None:
        """Take note of a pin that somebody drives."""

    def order(self, what: str, how: object) -> bool:
        """Do what a test or a demonstration wants of this device; whether it knows how."""
