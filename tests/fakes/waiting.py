"""Waiting in real time, on a condition and with a deadline: for real threads and servers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

PATIENCE = 20.0  # seconds; far more than anything takes, even on a loaded machine


async def until(condition: Callable[[], Any], *, within: float = PATIENCE) -> Any:
    """Wait until ``condition()`` is truthy, and give what it gave."""
    async with asyncio.timeout(within):
        while not (found := condition()):  # noqa: ASYNC110 - threads and servers set no event
            await asyncio.sleep(0.01)  # noqa: TID251
    return found


@contextlib.asynccontextmanager
async def running(*programs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside the body; cancel them when it is left."""
    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(program) for program in programs]
        try:
            yield
        finally:
            for task in started:
                task.cancel()


def free_port() -> int:
    """Give a TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
