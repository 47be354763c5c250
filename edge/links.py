"""Keeps the links to devices open: lines, the radio, pins.

A link that fails is opened again, and a device that fails stops no other.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.sampler import Sampler
from firmware_bridge.bluetooth import Scanner
from firmware_bridge.driver import Advertises, Answers, NoAnswer, Speaks, Watches
from firmware_bridge.pins import Pins
from firmware_bridge.transport import LinkLost, Transport
from hardware.advert import Advert
from hardware.clock import Clock
from hardware.errors import DecodeError, NotMine

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0  # seconds; a technician who plugs a cable back in sees it at once
LAST_RETRY = 30.0  # seconds; a port that is gone for days is asked 3000 times a day
STEADY_AFTER = 60.0  # seconds; a link that fails sooner does not reset the pause


async def keep_open(
    name: str, use: Callable[[], Awaitable[None]], clock: Clock, *, jitter: Callable[[], float]
) -> None:
    """Use a link until cancelled, and again after each failure.

    A programming error in one device's driver is told with its stack and does not end the agent.
    """
    pause = FIRST_RETRY
    while True:
        began = clock.monotonic()
        try:
            await use()
        except LinkLost as error:
            log.warning("%s: %s; trying again", name, error)
        except Exception:
            log.exception("%s: failed unexpectedly; trying again", name)
        if clock.monotonic() - began >= STEADY_AFTER:
            pause = FIRST_RETRY
        await clock.sleep(pause * (0.5 + 0.5 * jitter()))
        pause = min(2 * pause, LAST_RETRY)


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A line on which one device speaks by itself."""

    device: str
    transport: Callable[[], Transport]
    driver: Callable[[], Speaks]
    sampler: Sampler
    clock: Clock

    async def use(self) -> None:
        """Listen until the link is lost."""
        transport, driver = self.transport(), self.driver()
        try:
            await transport.open()
            while True:
                chunk = await transport.read()
                at_us = self.clock.since_boot_us()
                for said in driver.feed(chunk):
                    if isinstance(said, DecodeError):
                        self.sampler.broken(self.device, said)
                    else:
                        self.sampler.observe(self.device, said, at_us)
        finally:
            await transport.close()


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line on which devices answer, asked in turn."""

    drivers: Mapping[str, Answers]
    transport: Callable[[], Transport]
    sampler: Sampler
    clock: Clock

    async def use(self) -> None:
        """Ask until the link is lost."""
        transport = self.transport()
        due = dict.fromkeys(self.drivers, 0.0)
        try:
            await transport.open()
            while True:
                device = min(due, key=due.__getitem__)
                await self.clock.sleep(max(0.0, due[device] - self.clock.monotonic()))
                due[device] = self.clock.monotonic() + self.drivers[device].every
                await self._ask(device, transport)
        finally:
            await transport.close()

    async def _ask(self, device: str, transport: Transport) -> None:
        try:
            answer = await self.drivers[device].ask(transport)
        except (NoAnswer, DecodeError) as error:
            self.sampler.broken(device, error)
        else:
            self.sampler.observe(device, answer, self.clock.since_boot_us())


@dataclass(frozen=True, slots=True)
class Radio:
    """One adapter and the devices that are known by their addresses; strangers are passed over."""

    scanner: Scanner
    drivers: Mapping[str, Sequence[tuple[str, Advertises]]]
    sampler: Sampler

    async def use(self) -> None:
        """Listen until the link is lost."""
        await self.scanner.listen(self.hear)

    def hear(self, advert: Advert, at_us: int) -> None:
        """Take one advertisement to the devices that have this address."""
        for device, driver in self.drivers.get(advert.address, ()):
            try:
                measurements = driver.hear(advert)
            except NotMine:
                continue  # a device says other things, too: its name, a beacon
            except DecodeError as error:
                self.sampler.broken(device, error)
            else:
                self.sampler.observe(device, measurements, at_us)


@dataclass(frozen=True, slots=True)
class WatchedPins:
    """One device on pins."""

    device: str
    driver: Watches
    pins: Pins
    sampler: Sampler

    async def use(self) -> None:
        """Watch until cancelled."""
        await self.driver.watch(
            self.pins, lambda told, at_us: self.sampler.observe(self.device, told, at_us)
        )
