"""The commands that this node has accepted, remembered for as long as they could come again."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.disk import Disk
from hardware.clock import to_unix_us
from hardware.command import Command

log = logging.getLogger(__name__)

KEEP_US = 3600 * 1_000_000  # far longer than any command lives, so that a clock may step in between


class SeenCommands:
    """Ids on flash. A command is remembered durably before anything is done."""

    def __init__(self, path: Path, disk: Disk, now: Callable[[], datetime | None]) -> None:
        self._path = path
        self._disk = disk
        self._now = now
        self._ends: dict[str, int] = {}

    def open(self) -> None:
        """Read what the last process remembered; a damaged file is begun anew, and that is said."""
        try:
            entries = json.loads(self._disk.read(self._path))
            self._ends = {str(key): int(end) for key, end in entries.items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, AttributeError) as error:
            log.error("%s: %s; commands accepted before are forgotten", self._path, error)

    def remember(self, command: Command) -> bool:
        """Keep an id; False if it was there already.

        Raises:
            OSError: it cannot be kept, so the command must not be carried out.
        """
        if command.id in self._ends:
            return False
        now = self._now()
        if now is not None:
            oldest = to_unix_us(now) - KEEP_US
            self._ends = {key: end for key, end in self._ends.items() if end >= oldest}
        self._ends[command.id] = to_unix_us(command.not_after)
        self._disk.replace(self._path, json.dumps(self._ends).encode(), durable=True)
        return True
