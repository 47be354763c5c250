"""Pins that are driven from another process, over a Unix socket with one JSON object a line.

The world listens and the agent connects. The world says ``{"pin": 17, "level": 1}`` of each input
that it drives, the agent the same of each output. On each connection both tell all levels anew, so
it does not matter which of them restarts, or in what order. While nobody is connected, outputs
count as low: a dead agent drives no relay.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from firmware_bridge.gpio import MockPins
from firmware_bridge.virtual.local import serve
from hardware.clock import Clock

_AGAIN = 0.5  # seconds between two attempts to reach a world that is not there
_LINE = 256  # bytes of the longest line; more is not ours


class VirtualPins(MockPins):
    """The agent's side. Satisfies ``pins.Pins``."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(clock)
        self._path = path
        self._world: asyncio.StreamWriter | None = None
        self._outputs: dict[int, int] = {}
        self.on_output = self._tell

    async def run(self) -> None:
        """Keep in touch with the world until cancelled, whenever there is one."""
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_unix_connection(self._path, limit=_LINE)
                try:
                    self._world = writer
                    for number, level in self._outputs.items():
                        writer.write(_line(number, level))
                    await _follow(reader, self.drive)
                finally:
                    self._world = None
                    writer.close()
            await self._clock.sleep(_AGAIN)

    def _tell(self, number: int, level: int) -> None:
        self._outputs[number] = level
        if self._world is not None:
            self._world.write(_line(number, level))


class PinBoard:
    """The world's side: it drives the agent's inputs and hears of its outputs."""

    def __init__(self, path: Path, driven: Callable[[int, int], None]) -> None:
        self._path = path
        self._driven = driven
        self._levels: dict[int, int] = {}
        self._outputs: dict[int, int] = {}
        self._agents: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        """Let agents connect until cancelled."""
        await serve(self._path, self._agent, longest=_LINE)

    def drive(self, levels: Mapping[int, int]) -> None:
        """Put levels on pins; what has not changed is not told again."""
        for number, level in levels.items():
            if self._levels.get(number) != level:
                self._levels[number] = level
                for writer in self._agents:
                    writer.write(_line(number, level))

    async def _agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._agents.add(writer)
        try:
            for number, level in self._levels.items():
                writer.write(_line(number, level))
            await _follow(reader, self._output)
        finally:
            self._agents.discard(writer)
            if not self._agents:
                for number in self._outputs:
                    self._output(number, 0)

    def _output(self, number: int, level: int) -> None:
        self._outputs[number] = level
        self._driven(number, level)


async def _follow(reader: asyncio.StreamReader, take: Callable[[int, int], None]) -> None:
    """Take levels until the other side goes away or says something that is none."""
    with suppress(ValueError, KeyError, TypeError):
        while line := await reader.readline():
            said = json.loads(line)
            take(int(said["pin"]), int(bool(said["level"])))


def _line(number: int, level: int) -> bytes:
    return json.dumps({"pin": number, "level": level}).encode() + b"\n"
