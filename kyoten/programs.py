"""How a small program runs until it is told to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from edge import machine
from hardware.clock import SystemClock


def system_clock() -> SystemClock:
    """The machine's clock."""
    return SystemClock(machine.boot_id())


def run_until_stopped(program: Coroutine[Any, Any, None]) -> None:
    """Run a program; SIGTERM and SIGINT cancel it."""

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        for stop in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(stop, task.cancel)
        with suppress(asyncio.CancelledError):
            await program

    asyncio.run(run())
