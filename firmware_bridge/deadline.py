"""Deadlines on the clock that was handed in, so that a test decides when one passes."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hardware.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, or stop it.

    Raises:
        TimeoutError: the time was up first.
    """
    outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def finish() -> None:
        try:
            outcome.set_result(await work)
        except Exception as error:  # noqa: BLE001 - not handled here: handed to the caller below
            outcome.set_exception(error)
        timer.cancel()

    async def expire() -> None:
        await clock.sleep(seconds)
        worker.cancel()

    try:
        async with asyncio.TaskGroup() as group:
            timer = group.create_task(expire())
            worker = group.create_task(finish())
    finally:
        work.close()  # harmless when it ran; without it, cancelling before the start would warn
    if not outcome.done():
        raise TimeoutError(f"not done within {seconds} s")
    return outcome.result()
