"""GPIO: the only file that knows gpiozero.

gpiozero is used for its pins, not for its devices: raw edges come out of here, and what counts is
decided in ``firmware_bridge.debounce``.
"""

import asyncio
import logging
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gpiozero import BadPinFactory, Device, GPIOZeroError
from gpiozero.pins.mock import MockFactory

from firmware_bridge.pins import OnEdge
from hardware.clock import Clock
from hardware.errors import ConfigError
from hardware.layout import PinLayout

_LOG = logging.getLogger(__name__)

_STORM = 4096  # edges that may wait for the loop; a contact that bounces faster loses the oldest
_PULLS = {"up": "up", "down": "down", "none": "floating"}
_PI_4B = "c03114"  # revision of the board that mock pins pretend to be


class GpioPins:
    """The pins behind a gpiozero pin factory. Satisfies ``pins.Pins``; made in a running loop."""

    def __init__(self, factory: Any, clock: Clock) -> None:
        self._factory = factory
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._taken: set[int] = set()

    async def run(self) -> None:
        """Nothing: the kernel keeps the pins."""
        await asyncio.Event().wait()

    def watch(self, number: int, layout: PinLayout, on_edge: OnEdge) -> "_Input":
        """Tell the pin's level now and each raw edge from now on, in the running event loop.

        Raises:
            ConfigError: there is no such pin, it is taken, or it cannot be pulled as asked.
        """
        with self._claimed(number) as pin:
            pin.input_with_pull(_PULLS[layout.pull])
            pin.edges = "both"
            self._ready(number)
            return _Input(pin, on_edge, self._clock, self._loop, lambda: self._free(number))

    def output(self, number: int, initial: int) -> "_Output":
        """Drive a pin, beginning with ``initial``.

        Raises:
            ConfigError: there is no such pin, or it is taken.
        """
        with self._claimed(number) as pin:
            pin.output_with_state(bool(initial))
            self._driven(number, initial)
            return _Output(
                pin, lambda level: self._driven(number, level), lambda: self._free(number)
            )

    def _ready(self, number: int) -> None:
        """Hook: the pin has become an input, and its level is not read yet."""

    def _driven(self, number: int, level: int) -> None:
        """Hook: an output has taken a level."""

    def _free(self, number: int) -> None:
        self._taken.discard(number)

    @contextmanager
    def _claimed(self, number: int) -> Iterator[Any]:
        if number in self._taken:
            raise ConfigError(f"GPIO{number} is taken by another device; give each its own pin")
        try:
            yield self._factory.pin(number)
        except GPIOZeroError as error:
            raise ConfigError(f"GPIO{number}: {error}; see hardware/boards") from error
        self._taken.add(number)


class _Input:
    """Edges come in gpiozero's thread and leave in the loop, in order and at most ``_STORM``."""

    def __init__(
        self,
        pin: Any,
        on_edge: OnEdge,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        free: Callable[[], None],
    ) -> None:
        self._pin = pin
        self._on_edge = on_edge
        self._clock = clock
        self._loop = loop
        self._free = free
        self._edges: deque[tuple[int, int]] = deque(maxlen=_STORM)
        self._crossing = False
        self._lock = threading.Lock()
        self._changed_here = self._changed  # kept: gpiozero holds only a weak reference
        pin.when_changed = self._changed_here
        with self._lock:  # an edge that comes between reading and noting waits for its turn
            self._edges.append((int(bool(pin.state)), clock.since_boot_us()))
        self._cross()

    def close(self) -> None:
        """Watch the pin no longer."""
        self._pin.when_changed = None
        self._pin.close()
        self._free()

    def _changed(self, _ticks: object, state: object) -> None:
        with self._lock:
            self._edges.append((int(bool(state)), self._clock.since_boot_us()))
        self._cross()

    def _cross(self) -> None:
        """Have the loop fetch the edges; one crossing fetches all that have come until then."""
        with self._lock:
            if self._crossing:
                return
            self._crossing = True
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            edges = list(self._edges)
            self._edges.clear()
            self._crossing = False
        for level, at_us in edges:
            self._on_edge(level, at_us)


class _Output:
    def __init__(self, pin: Any, driven: Callable[[int], None], free: Callable[[], None]) -> None:
        self._pin = pin
        self._driven = driven
        self._free = free

    def write(self, level: int) -> None:
        """Drive the pin high (1) or low (0)."""
        self._pin.state = bool(level)
        self._driven(level)

    def close(self) -> None:
        """Let go of the pin: it floats, and the wiring decides what that means."""
        self._pin.close()
        self._driven(0)  # a relay input has a resistor to "off": see hardware/wiring
        self._free()


class MockPins(GpioPins):
    """Pins without a Raspberry Pi: somebody drives the inputs and hears of the outputs.

    Attributes:
        on_output: called with number and level whenever an output takes a level.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(MockFactory(revision=_PI_4B), clock)
        self.on_output: Callable[[int, int], None] = lambda _number, _level: None
        self._driven_from_outside: dict[int, int] = {}

    def drive(self, number: int, level: int) -> None:
        """Put a level on an input; remembered where the pin is not an input yet."""
        self._driven_from_outside[number] = level
        if number in self._taken:
            self._ready(number)

    def _ready(self, number: int) -> None:
        level = self._driven_from_outside.get(number)
        pin = self._factory.pin(number)
        if level is not None and pin.function == "input":
            (pin.drive_high if level else pin.drive_low)()

    def _driven(self, number: int, level: int) -> None:
        self.on_output(number, level)


def open_gpio(clock: Clock) -> GpioPins:
    """Open the pins of the Raspberry Pi that this runs on.

    Raises:
        ConfigError: this is none, or the user may not use its pins.
    """
    with warnings.catch_warnings(record=True) as fallen_back:
        warnings.simplefilter("always")
        try:
            Device.ensure_pin_factory()
        except BadPinFactory:
            why = fallen_back[0].message if fallen_back else "no pin factory"
            raise ConfigError(
                f"no GPIO here ({why}); on a Raspberry Pi, add the user to the group gpio"
            ) from None
    for reason in fallen_back:  # it works, but not with lgpio: edges may be lost
        _LOG.warning("GPIO: %s", reason.message)
    return GpioPins(Device.pin_factory, clock)
