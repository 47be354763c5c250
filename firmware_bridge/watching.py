"""Devices on GPIO pins, built from their profile alone: levels that are told, pulses counted."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Self

from firmware_bridge.debounce import Debouncer, Edge
from firmware_bridge.driver import Memory, Tell
from firmware_bridge.pins import Pins
from hardware.clock import Clock
from hardware.layout import GpioLayout, PinLayout
from hardware.measure import measure_pin
from hardware.profile import Profile


class SettledPin:
    """One input, from which each level comes that has held for its debounce time."""

    def __init__(self, pins: Pins, number: int, layout: PinLayout, clock: Clock) -> None:
        self._clock = clock
        self._debouncer = Debouncer(layout.debounce_us)
        self._settled: deque[Edge] = deque()
        self._moved = asyncio.Event()
        self._input = pins.watch(number, layout, self._edge)

    def close(self) -> None:
        """Watch the pin no longer."""
        self._input.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def next(self) -> Edge:
        """Wait for the next level that settles; the first is the one at the beginning."""
        while True:
            self._note(self._debouncer.settle(self._clock.since_boot_us()))
            if self._settled:
                return self._settled.popleft()
            due_us = self._debouncer.due_us
            if due_us is None:
                self._moved.clear()
                await self._moved.wait()
            else:
                await self._clock.sleep((due_us - self._clock.since_boot_us()) / 1e6)

    def _edge(self, level: int, at_us: int) -> None:
        self._note(self._debouncer.edge(level, at_us))
        self._moved.set()

    def _note(self, edge: Edge | None) -> None:
        if edge is not None:
            self._settled.append(edge)


@contextmanager
def settled_pins(
    pins: Pins, layouts: Mapping[str, PinLayout], numbers: Mapping[str, int], clock: Clock
) -> Iterator[dict[str, SettledPin]]:
    """Open the inputs of a device, by their roles, and close them together."""
    with ExitStack() as opened:
        yield {
            role: opened.enter_context(SettledPin(pins, numbers[role], layout, clock))
            for role, layout in layouts.items()
            if layout.direction == "in"
        }


class LevelWatcher:
    """Tells the level of each pin whenever it settles. Satisfies ``driver.Watches``."""

    def __init__(self, profile: Profile, numbers: Mapping[str, int], clock: Clock) -> None:
        assert isinstance(profile.layout, GpioLayout)
        self._profile = profile
        self._layouts = profile.layout.pins
        self._numbers = numbers
        self._clock = clock

    @property
    def memory(self) -> Memory:
        """Nothing: a level is there to be read again."""
        return {}

    async def watch(self, pins: Pins, tell: Tell) -> None:
        """Watch the device's pins until cancelled."""
        with settled_pins(pins, self._layouts, self._numbers, self._clock) as opened:
            async with asyncio.TaskGroup() as group:
                for role, pin in opened.items():
                    group.create_task(self._follow(role, pin, tell))

    async def _follow(self, role: str, pin: SettledPin, tell: Tell) -> None:
        while True:
            edge = await pin.next()
            tell(measure_pin(self._profile, role, edge.level), edge.at_us)


class PulseWatcher:
    """Counts how often each pin is pulled to its active level. Satisfies ``driver.Watches``.

    What is told is the total since the counter was new, so that a lost reading loses no rain. A pin
    that is active at the beginning is not counted: whether that pulse is a new one, nobody knows.
    Pulses that follow each other faster than ``gap_us`` are refused, and ``refused`` counts them.
    """

    def __init__(
        self,
        profile: Profile,
        numbers: Mapping[str, int],
        clock: Clock,
        *,
        gap_us: int,
        memory: Memory,
    ) -> None:
        assert isinstance(profile.layout, GpioLayout)
        self._profile = profile
        self._layouts = profile.layout.pins
        self._numbers = numbers
        self._clock = clock
        self._gap_us = gap_us
        self._totals = {role: memory.get(role, 0) for role in self._layouts}
        self.refused = 0

    @property
    def memory(self) -> Memory:
        """The pulses counted so far, by the role of the pin."""
        return dict(self._totals)

    async def watch(self, pins: Pins, tell: Tell) -> None:
        """Count until cancelled; the total so far is told first."""
        with settled_pins(pins, self._layouts, self._numbers, self._clock) as opened:
            async with asyncio.TaskGroup() as group:
                for role, pin in opened.items():
                    group.create_task(self._count(role, pin, tell))

    async def _count(self, role: str, pin: SettledPin, tell: Tell) -> None:
        active = self._layouts[role].active
        edge = await pin.next()
        tell(measure_pin(self._profile, role, self._totals[role]), edge.at_us)
        counted_us = None
        while True:
            edge = await pin.next()
            if edge.level != active:
                continue
            if counted_us is not None and edge.at_us - counted_us < self._gap_us:
                self.refused += 1
                continue
            counted_us = edge.at_us
            self._totals[role] += 1
            tell(measure_pin(self._profile, role, self._totals[role]), edge.at_us)
