"""A clock that stands still until a test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

_START = datetime(2027, 1, 15, 3, 0, tzinfo=UTC)  # noon in Japan


class FakeClock:
    """Satisfies ``hardware.clock.Clock``; ``advance`` wakes the sleepers in their order.

    The wall time is apart from the time since boot, so that a test can set it wrong.
    """

    def __init__(self, *, boot: str = "boot-1", now: datetime = _START) -> None:
        self.boot = boot
        self.wall = now
        self._since_boot_us = 1_000_000
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def since_boot_us(self) -> int:
        """Microseconds since this boot."""
        return self._since_boot_us

    def now(self) -> datetime:
        """The wall time that the test has set."""
        return self.wall

    def monotonic(self) -> float:
        """Seconds since this boot."""
        return self._since_boot_us / 1e6

    async def sleep(self, seconds: float) -> None:
        """Wait until a test has advanced the clock far enough."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds <= 0:
            asyncio.get_running_loop().call_soon(woken.set_result, None)
        else:
            due_us = self._since_boot_us + round(seconds * 1e6)
            heapq.heappush(self._sleepers, (due_us, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time pass: wake each sleeper at its own time, and let it run before the next."""
        end_us = self._since_boot_us + round(seconds * 1e6)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end_us:
            due_us, _, woken = heapq.heappop(self._sleepers)
            self._move(max(due_us, self._since_boot_us))
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._move(end_us)
        await settle()

    def _move(self, to_us: int) -> None:
        self.wall += timedelta(microseconds=to_us - self._since_boot_us)
        self._since_boot_us = to_us


async def settle() -> None:
    """Let everything run that can run without time passing."""
    loop = asyncio.get_running_loop()
    for _ in range(50):  # enough for the longest chain of tasks that wake each other
        turn: asyncio.Future[None] = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
