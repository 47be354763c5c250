"""Keeps the demo's programs running, each in a process of its own, as systemd would."""

import asyncio
import contextlib
import ctypes
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before a program that ended is started again
LAST_PAUSE = 30.0  # seconds, for one that ends again and again
STEADY_AFTER = 10.0  # seconds; one that lived so long begins with the first pause
STOP_WITHIN = 8.0  # seconds from SIGTERM to SIGKILL
_PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its name, the words of its ``kyoten`` command, and its log."""

    name: str
    words: Sequence[str]
    log: Path


class Supervisor:
    """Runs programs until cancelled; starts again what ends; then stops all, last started first."""

    def __init__(self, programs: Sequence[Program], folder: Path, clock: Clock) -> None:
        self._programs = programs
        self._folder = folder
        self._clock = clock
        self._running: dict[str, asyncio.subprocess.Process] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what is running."""
        return {name: process.pid for name, process in self._running.items()}

    async def run(self) -> None:
        """Run everything until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for program in self._programs:
                    tasks.create_task(self._keep(program))
        finally:
            await asyncio.shield(self._stop_all())

    async def _keep(self, program: Program) -> None:
        pause = FIRST_PAUSE
        while True:
            began = self._clock.monotonic()
            process = await _start(program, self._folder)
            self._running[program.name] = process
            (self._folder / "run" / f"{program.name}.pid").write_text(f"{process.pid}\n")
            code = await process.wait()
            del self._running[program.name]
            if self._clock.monotonic() - began > STEADY_AFTER:
                pause = FIRST_PAUSE
            ending = f"{_ending(code)}; it starts again in {pause:.0f} s"
            print(f"  {program.name} {ending} (its log: {program.log})", flush=True)
            await self._clock.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)

    async def _stop_all(self) -> None:
        for process in reversed(list(self._running.values())):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in list(self._running.values()):
            try:
                async with asyncio.timeout(STOP_WITHIN):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _start(program: Program, folder: Path) -> asyncio.subprocess.Process:
    with _opened(program.log) as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kyoten",
            *program.words,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us: we stop the others in order
            preexec_fn=_die_with_parent,
        )


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[int]:
    with file.open("ab") as output:
        yield output.fileno()


def _die_with_parent() -> None:
    """Between fork and exec: if the demo is killed, the kernel ends its programs, too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with code {code}"
