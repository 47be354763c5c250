"""The block log's tables, and how their file is opened.

The blocks, as received, are the truth; the series, their latest values and their states are kept in
the same transaction and could be rebuilt from the blocks.
"""

import sqlite3
from pathlib import Path

from cloud_sync.stores.store import StoreError

VERSION = 1
BUSY_WITHIN = 10.0  # seconds; the ingest's commits take milliseconds

_TABLES = """
CREATE TABLE IF NOT EXISTS node (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    name TEXT NOT NULL,
    birth TEXT,
    online INTEGER,
    status_us INTEGER,
    UNIQUE (site, name)
) STRICT;

CREATE TABLE IF NOT EXISTS channel_table (
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node,
    rows TEXT NOT NULL
) STRICT;

-- A table has one name for each length that it has had.
CREATE TABLE IF NOT EXISTS table_name (
    node INTEGER NOT NULL REFERENCES node,
    name BLOB NOT NULL,
    channel_table INTEGER NOT NULL REFERENCES channel_table,
    PRIMARY KEY (node, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS block (
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node,
    epoch BLOB NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    first_us INTEGER NOT NULL,
    last_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    octets BLOB NOT NULL,
    UNIQUE (node, epoch, lane, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS block_by_time ON block (node, lane, last_us);

CREATE TABLE IF NOT EXISTS refused (
    node INTEGER NOT NULL REFERENCES node,
    epoch BLOB NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (node, epoch, lane, seq)
) STRICT;

-- Every block below upto is in the log or refused.
CREATE TABLE IF NOT EXISTS mark (
    node INTEGER NOT NULL REFERENCES node,
    epoch BLOB NOT NULL,
    lane INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (node, epoch, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node,
    device TEXT NOT NULL,
    quantity TEXT NOT NULL,
    channel TEXT NOT NULL,
    UNIQUE (node, device, quantity, channel)
) STRICT;

-- Of number, state and absent exactly one is there.
CREATE TABLE IF NOT EXISTS latest (
    series INTEGER PRIMARY KEY REFERENCES series,
    at_us INTEGER NOT NULL,
    number REAL,
    state TEXT,
    absent TEXT,
    trust INTEGER NOT NULL,
    received_us INTEGER NOT NULL
) STRICT;

-- The states of a series: of each block the first and every change, so that blocks may come in any
-- order. Neighbours may be equal.
CREATE TABLE IF NOT EXISTS state_point (
    series INTEGER NOT NULL REFERENCES series,
    at_us INTEGER NOT NULL,
    state TEXT,
    absent TEXT,
    PRIMARY KEY (series, at_us)
) STRICT, WITHOUT ROWID;

-- The longest time that one block of a node and lane spans: a search looks so far beyond its end.
CREATE TABLE IF NOT EXISTS span (
    node INTEGER NOT NULL REFERENCES node,
    lane INTEGER NOT NULL,
    longest_us INTEGER NOT NULL,
    PRIMARY KEY (node, lane)
) STRICT, WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, make its tables where they are missing, and set it to lose nothing.

    Raises:
        StoreError: the file cannot be opened, or another version of Kyoten made it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_WITHIN, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _prepare(connection)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"store {path}: {error}") from error
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    if version > VERSION:
        raise StoreError(
            f"the store is of version {version}, this program knows {VERSION}; update it"
        )
    # Two programs may come here at once: the second finds the tables made.
    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
