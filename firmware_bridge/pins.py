"""GPIO pins as a driver sees them, whatever is behind: a Raspberry Pi or a virtual world."""

from collections.abc import Callable
from typing import Protocol

from hardware.layout import PinLayout

OnEdge = Callable[[int, int], None]
"""Takes a level (1 high, 0 low) and the microseconds since boot at which the pin took it."""


class Input(Protocol):
    """A pin that is being watched."""

    def close(self) -> None:
        """Watch it no longer."""


class Output(Protocol):
    """A pin that is being driven."""

    def write(self, level: int) -> None:
        """Drive the pin high (1) or low (0)."""

    def close(self) -> None:
        """Let go of the pin: it floats, and the wiring decides what that means."""


class Pins(Protocol):
    """The pins of one machine, by their GPIO numbers (GPIO17 is 17, whatever its place)."""

    async def run(self) -> None:
        """Do what the pins need done while they are in use; until cancelled."""

    def watch(self, number: int, layout: PinLayout, on_edge: OnEdge) -> Input:
        """Tell the pin's level now and each raw edge from now on, in the running event loop.

        Raises:
            ConfigError: there is no such pin, it is taken, or it cannot be pulled as asked.
        """

    def output(self, number: int, initial: int) -> Output:
        """Drive a pin, beginning with ``initial``.

        Raises:
            ConfigError: there is no such pin, or it is taken.
        """
