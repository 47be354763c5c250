"""From measurements to readings: who measured it, when, and whether it is to be told.

It also counts what each device says and notices when one falls silent, so that "heard nothing" is a
reading like any other.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from edge.mounting import Mounting
from edge.thinning import Thinner
from hardware.clock import Clock
from hardware.errors import NeedsKey
from hardware.profile import Profile
from hardware.quantity import QUANTITIES
from hardware.reading import Measurement, Measurements, Reading, Stamp

log = logging.getLogger(__name__)

LOOK = 5.0  # seconds between looks for devices that have fallen silent
COUNT_EVERY = 60.0  # seconds between readings of the frame counters
MILLISECOND = 1000  # µs; no sensor here knows its moment better, and round times pack into less


@dataclass(slots=True)
class _Listened:
    """What is known of one device's talking. ``heard_at`` is None while it is silent."""

    thinner: Thinner
    silent_after: float | None
    heard_at: float | None = None
    frames: int = 0
    broken: int = 0
    complained: bool = False


class Sampler:
    """Takes what devices measure; gives readings. ``run`` watches for silence until cancelled."""

    def __init__(
        self,
        node: str,
        profiles: Mapping[str, Profile],
        clock: Clock,
        keep: Callable[[Reading], None],
        *,
        mountings: Mapping[str, Mounting] = MappingProxyType({}),
    ) -> None:
        """Make the sampler of a node.

        Args:
            node: the node's own id; it is a device, too.
            profiles: of each device by its id.
            clock: the time.
            keep: takes each reading.
            mountings: of the range finders that know how high they hang.
        """
        self._node = node
        self._clock = clock
        self._keep = keep
        self._mountings = mountings
        self._devices = {
            device: _Listened(Thinner(profile.report), profile.silent_after)
            for device, profile in profiles.items()
        }

    def observe(self, device: str, measurements: Measurements, at_us: int) -> None:
        """Take what a device measured at ``at_us`` since boot."""
        listened = self._devices[device]
        listened.frames += 1
        listened.heard_at = self._clock.monotonic()
        if listened.complained:
            log.info("%s: understood again", device)
            listened.complained = False
        mounting = self._mountings.get(device)
        if mounting is not None:
            measurements = mounting.with_depth(measurements)
        for measurement in measurements:
            if listened.thinner.lets_pass(measurement, at_us):
                self._tell(device, measurement, at_us)

    def observe_node(self, measurements: Measurements) -> None:
        """Take what the node measures of itself now."""
        at_us = self._clock.since_boot_us()
        for measurement in measurements:
            self._tell(self._node, measurement, at_us)

    def broken(self, device: str, error: Exception) -> None:
        """Count something of a device that could not be understood; say the first of a row."""
        listened = self._devices[device]
        listened.broken += 1
        if not listened.complained:
            level = logging.ERROR if isinstance(error, NeedsKey) else logging.WARNING
            log.log(level, "%s: not understood: %s", device, error)
            listened.complained = True

    async def run(self) -> None:
        """Notice silence, and tell the counters."""
        told_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(LOOK)
            now = self._clock.monotonic()
            for device, listened in self._devices.items():
                self._notice_silence(device, listened, now)
            if now - told_at >= COUNT_EVERY:
                told_at = now
                self._tell_counters()

    def _notice_silence(self, device: str, listened: _Listened, now: float) -> None:
        after, heard_at = listened.silent_after, listened.heard_at
        if after is None or heard_at is None or now - heard_at < after:
            return
        log.warning("%s: silent for %.0f s", device, now - heard_at)
        listened.heard_at = None
        at_us = self._clock.since_boot_us()
        for measurement in listened.thinner.silence():
            self._tell(device, measurement, at_us)

    def _tell_counters(self) -> None:
        at_us = self._clock.since_boot_us()
        for device, listened in self._devices.items():
            self._tell(device, _counted("frames_heard", listened.frames), at_us)
            if listened.broken:
                self._tell(device, _counted("frames_broken", listened.broken), at_us)

    def _tell(self, device: str, measurement: Measurement, at_us: int) -> None:
        at_us -= at_us % MILLISECOND
        self._keep(Reading(device, measurement, Stamp(self._clock.boot, at_us)))


def _counted(name: str, count: int) -> Measurement:
    return Measurement(QUANTITIES[name], float(count), "", Decimal(1))
