"""The default store: no server, one SQLite file, safe against power cuts.

One process writes (the ingest); any number read. Writing and reading have a connection each, so
that a long question does not hold up a commit.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cloud_sync.birth import Birth
from cloud_sync.stores.block_history import BlockHistory, aggregate
from cloud_sync.stores.block_log import BlockLog
from cloud_sync.stores.schema import connect
from cloud_sync.stores.store import (
    Bucket,
    Fact,
    Kept,
    NodeFacts,
    NodeKey,
    Received,
    Sample,
    SeriesKey,
    StoreError,
    Transition,
)
from cloud_sync.stores.tables import NodeTables


class EmbeddedStore:
    """The ``Store`` protocol over one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._writing, self._reading = connect(path), connect(path)
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self._tables = NodeTables(self._writing)
        self._log = BlockLog(self._writing, self._tables)
        self._read_tables = NodeTables(self._reading)
        self._history = BlockHistory(self._reading, self._read_tables)

    def write(self, blocks: Sequence[Received]) -> list[Kept]:
        """Write blocks in one transaction; on the disk when this returns."""
        with self._transaction():
            return self._log.write(blocks)

    def register(self, birth: Birth, *, at_us: int) -> None:
        """Keep a node's account of itself; whoever tells its birth is there."""
        with self._transaction():
            self._tables.register(birth)
            source = NodeKey(birth.node.site, birth.node.id)
            self._tables.note_status(source, online=True, at_us=at_us)

    def note_status(self, source: NodeKey, *, online: bool, at_us: int) -> None:
        """Keep whether the broker has a node connected."""
        with self._transaction():
            self._tables.note_status(source, online=online, at_us=at_us)

    def nodes(self) -> list[NodeFacts]:
        """List all nodes."""
        with self._question():
            return self._read_tables.facts()

    def latest(self, site: str | None = None) -> list[Fact]:
        """Give the latest of every series."""
        with self._question():
            return self._history.latest(site)

    def range(self, series: SeriesKey, start_us: int, end_us: int) -> Iterator[Sample]:
        """Give the readings of a series, oldest first."""
        with self._question():
            return self._history.range(series, start_us, end_us)

    def aggregate(
        self, series: SeriesKey, start_us: int, end_us: int, step_us: int
    ) -> list[Bucket]:
        """Give a series in steps."""
        return aggregate(self.range(series, start_us, end_us), start_us, step_us)

    def transitions(self, series: SeriesKey, start_us: int, end_us: int) -> list[Transition]:
        """Give the changes of a state series."""
        with self._question():
            return self._history.transitions(series, start_us, end_us)

    def close(self) -> None:
        """Close the file."""
        self._writing.close()
        self._reading.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit all or nothing; a failure leaves the file as it was."""
        with self._write_lock:
            try:
                self._writing.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._writing.execute("COMMIT")
                except BaseException:
                    self._tables.forget()
                    self._log.forget()
                    if self._writing.in_transaction:
                        self._writing.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreError(f"the store cannot write: {error}") from error

    @contextmanager
    def _question(self) -> Iterator[None]:
        with self._read_lock:
            try:
                yield
            except sqlite3.Error as error:
                raise StoreError(f"the store cannot read: {error}") from error
