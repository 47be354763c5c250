"""A transport whose far end is a function. Passes the same contract as the real ones by its use."""

import asyncio
from collections.abc import Callable

from firmware_bridge.transport import LinkLost


class FakeLine:
    """Satisfies ``transport.Transport``. ``answer`` is called with what is written."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _: b"") -> None:
        self.answer = answer
        self.written: list[bytes] = []
        self.opened = self.closed = 0
        self._held = bytearray()
        self._lost: str | None = None
        self._wake = asyncio.Event()

    async def open(self) -> None:
        self.opened += 1

    async def read(self) -> bytes:
        while not self._held:
            if self._lost is not None:
                raise LinkLost(self._lost)
            self._wake.clear()
            await self._wake.wait()
        octets = bytes(self._held)
        self._held.clear()
        return octets

    async def write(self, octets: bytes) -> None:
        if self._lost is not None:
            raise LinkLost(self._lost)
        self.written.append(octets)
        self.arrive(self.answer(octets))

    def discard(self) -> None:
        self._held.clear()

    async def close(self) -> None:
        self.closed += 1
        self.lose("closed")

    def arrive(self, octets: bytes) -> None:
        """Bytes come from the far end."""
        self._held += octets
        self._wake.set()

    def lose(self, why: str) -> None:
        """The far end goes away."""
        self._lost = self._lost or why
        self._wake.set()
