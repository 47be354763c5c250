"""Running coroutines in tests, with a deadline, and waiting for what another thread does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], *, within: float = 20.0) -> T:
    """Run to the end, or fail after ``within`` seconds of real time."""

    async def guarded() -> T:
        async with asyncio.timeout(within):
            return await work

    return asyncio.run(guarded())


async def until(reached: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait for what a thread, a process or the kernel does; fail when it does not come."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(within):
        while not reached():
            turn: asyncio.Future[None] = loop.create_future()
            loop.call_later(0.005, turn.set_result, None)
            await turn
