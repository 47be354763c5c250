"""The clock: the only way to the time.

A Raspberry Pi boots without knowing the date, so two times are kept apart. ``since_boot_us`` is
always right and never steps; ``now`` is what the system believes, and may be wrong by decades. Who
may be believed, and since when, is ``edge.timekeeper``'s business.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The time, handed in. Tests hand in one that they move themselves."""

    @property
    def boot(self) -> str:
        """Id of this boot of the machine."""

    def since_boot_us(self) -> int:
        """Microseconds since boot, suspend included; never steps."""

    def now(self) -> datetime:
        """The wall time that the system believes, in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, for measuring waits."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def __init__(self, boot: str) -> None:
        self._boot = boot

    @property
    def boot(self) -> str:
        """Id of this boot of the machine."""
        return self._boot

    def since_boot_us(self) -> int:
        """Microseconds of CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

    def now(self) -> datetime:
        """The system's wall time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)


def to_unix_us(moment: datetime) -> int:
    """Give the microseconds since 1970 of an aware datetime, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_unix_us(unix_us: int) -> datetime:
    """Give the aware datetime in UTC of microseconds since 1970, exactly."""
    return EPOCH + timedelta(microseconds=unix_us)
