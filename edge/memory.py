"""What drivers must know again after a restart: pulse totals, counters that guard against replays.

Kept in memory that outlives the process as it changes, and on flash now and then: a power cut may
    cost the pulses since, never a wrong total.
"""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.disk import Disk
from hardware.clock import Clock

log = logging.getLogger(__name__)

STAGE_EVERY = 1.0  # seconds
FLASH_EVERY = 600.0  # seconds; 144 pages a day

Memory = Mapping[str, int]


class DriverMemory:
    """The memories of all devices, by their ids."""

    def __init__(self, staged: Path, kept: Path, disk: Disk, clock: Clock) -> None:
        self._staged = staged
        self._kept = kept
        self._disk = disk
        self._clock = clock
        self._sources: dict[str, Callable[[], Memory]] = {}
        self._loaded: dict[str, dict[str, int]] = {}

    def open(self) -> None:
        """Read both copies; of each number the larger is the newer."""
        for path in (self._kept, self._staged):
            for device, memory in self._read(path).items():
                mine = self._loaded.setdefault(device, {})
                for key, number in memory.items():
                    mine[key] = max(number, mine.get(key, number))

    def of(self, device: str) -> Memory:
        """Give what the last driver of a device remembered."""
        return self._loaded.get(device, {})

    def follow(self, device: str, memory: Callable[[], Memory]) -> None:
        """Keep what ``memory()`` gives from now on."""
        self._sources[device] = memory

    async def run(self) -> None:
        """Keep until cancelled."""
        staged: dict[str, dict[str, int]] = {}
        kept: dict[str, dict[str, int]] = {}
        kept_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(STAGE_EVERY)
            now = self._now()
            if now != staged:
                self._write(self._staged, now, durable=False)
                staged = now
            if now != kept and self._clock.monotonic() - kept_at >= FLASH_EVERY:
                self._write(self._kept, now, durable=True)
                kept, kept_at = now, self._clock.monotonic()

    def close(self) -> None:
        """Keep what there is, as before a reboot."""
        now = self._now()
        if now != self._read(self._kept):
            self._write(self._kept, now, durable=True)

    def _now(self) -> dict[str, dict[str, int]]:
        told = {device: dict(memory()) for device, memory in self._sources.items()}
        return self._loaded | {device: memory for device, memory in told.items() if memory}

    def _read(self, path: Path) -> dict[str, dict[str, int]]:
        try:
            entries = json.loads(self._disk.read(path))
            return {
                str(device): {str(key): int(number) for key, number in memory.items()}
                for device, memory in entries.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            log.error("%s: %s; counters begin anew", path, error)
            return {}

    def _write(self, path: Path, memories: Mapping[str, Memory], *, durable: bool) -> None:
        try:
            self._disk.replace(path, json.dumps(memories).encode(), durable=durable)
        except OSError as error:
            log.error("%s: cannot be kept: %s", path, error)
