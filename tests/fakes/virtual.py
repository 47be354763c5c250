"""An event loop whose time is its own: waiting costs nothing, and hours pass in milliseconds.

When nothing can run, the loop moves its clock to the next timer. Work for threads is done at once,
in the loop. A program that waits for what can never come ends with an error instead of hanging.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class StuckError(RuntimeError):
    """Everything waits and no timer runs: nothing will ever happen again."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that jumps to the next timer."""

    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._seconds

    def jump(self, seconds: float) -> None:
        self._seconds += seconds

    def run_in_executor(
        self, _executor: object, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # noqa: BLE001 - whatever it is goes to whoever waits
            future.set_exception(error)
        return future


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise StuckError("nothing will ever happen again")
            self._loop.jump(timeout)
        return ready


class VirtualClock:
    """The machine's clocks on a virtual loop.

    Attributes:
        wall: what the wall clock says at boot; set it to step the clock.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        boot: str = "boot-1",
        wall: datetime = datetime(2026, 4, 1, tzinfo=UTC),
    ) -> None:
        self._loop = loop
        self._booted = loop.time()
        self.boot = boot
        self.wall = wall

    def since_boot_us(self) -> int:
        return round((self._loop.time() - self._booted) * 1_000_000)

    def now(self) -> datetime:
        return self.wall + timedelta(microseconds=self.since_boot_us())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - this is the clock


def run(main: Callable[[VirtualClock], Coroutine[Any, Any, T]]) -> T:
    """Run ``main(clock)`` to its end in virtual time."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(VirtualClock(loop)))
