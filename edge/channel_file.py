"""The channel table on the node, as a file of JSON rows."""

import json
import logging
from pathlib import Path

from cloud_sync.channels import BadTableError, ChannelTable, table_from_json
from edge.disk import Disk

log = logging.getLogger(__name__)


class ChannelFile:
    """One copy of the table, written anew when the table has grown."""

    def __init__(self, path: Path, disk: Disk, *, durable: bool) -> None:
        self._path = path
        self._disk = disk
        self._durable = durable
        self._saved = 0

    def load(self) -> ChannelTable:
        """Read the table; a damaged one is left behind, and an empty one begins.

        Blocks that were sealed with the old one keep its name, and the store has had its birth.
        """
        try:
            table = table_from_json(json.loads(self._disk.read(self._path)))
        except FileNotFoundError:
            return ChannelTable()
        except (OSError, ValueError, BadTableError) as error:
            log.error("journal: %s: %s; a new channel table begins", self._path, error)
            return ChannelTable()
        self._saved = len(table.rows)
        return table

    def save(self, table: ChannelTable) -> None:
        """Make the file hold all rows of the table."""
        rows = table.to_json()
        if len(rows) > self._saved:
            octets = json.dumps(rows, ensure_ascii=False).encode()
            self._disk.replace(self._path, octets, durable=self._durable)
            self._saved = len(rows)
