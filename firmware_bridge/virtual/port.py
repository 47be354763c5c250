"""A serial port that is not there: a pseudo-terminal under a path that stays the same.

``plug`` and ``unplug`` are real for whoever has the port open: the path goes, reads fail.
"""

import asyncio
import os
import pty
import tty
from contextlib import suppress
from pathlib import Path

_HELD = 4096  # bytes from the far side that may wait; a UART would have lost them long before


class PtyPort:
    """The device's end of a port. Satisfies ``transport.Transport`` for what is replayed into it.

    Written bytes that nobody reads are lost when the kernel's buffer is full, as on a real line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ends: tuple[int, int] | None = None
        self._held = bytearray()
        self._wake = asyncio.Event()

    def plug(self) -> None:
        """Make the port appear under its path; nothing if it is there."""
        if self._ends is not None:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)  # ours stays open, so that others may come and go
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(os.ttyname(slave))
        asyncio.get_running_loop().add_reader(master, self._arrive)

    def unplug(self) -> None:
        """Take the port away from whoever has it open; nothing if it is away."""
        if self._ends is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        self._path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None
        self._held.clear()

    async def open(self) -> None:
        """Plug the port in."""
        self.plug()

    async def read(self) -> bytes:
        """Wait for bytes from the other side; while it is unplugged there are none."""
        while not self._held:
            self._wake.clear()
            await self._wake.wait()
        octets = bytes(self._held)
        self._held.clear()
        return octets

    async def write(self, octets: bytes) -> None:
        """Send bytes to the other side, or to nobody."""
        if self._ends is not None:
            with suppress(BlockingIOError):
                os.write(self._ends[0], octets)

    def discard(self) -> None:
        """Forget what has come and was not read."""
        self._held.clear()

    async def close(self) -> None:
        """Unplug the port."""
        self.unplug()

    def _arrive(self) -> None:
        assert self._ends is not None
        with suppress(BlockingIOError):
            self._held += os.read(self._ends[0], _HELD)
            del self._held[:-_HELD]
        self._wake.set()
