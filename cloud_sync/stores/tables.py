"""Nodes and their channel tables, as the embedded store remembers them."""

import json
import sqlite3

from cloud_sync import birth as births
from cloud_sync.birth import Birth
from cloud_sync.channels import ChannelTable, table_from_json
from cloud_sync.stores.store import NodeFacts, NodeKey


class NodeTables:
    """Looks nodes and channel tables up by what the wire calls them.

    What it remembers is forgotten when a transaction is rolled back (``forget``).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._nodes: dict[NodeKey, int] = {}
        self._tables: dict[tuple[int, bytes], ChannelTable] = {}

    def forget(self) -> None:
        """Drop everything that is remembered; it is read again when it is needed."""
        self._nodes.clear()
        self._tables.clear()

    def node(self, key: NodeKey) -> int:
        """Give the number of a node; a new one gets the next."""
        number = self._nodes.get(key)
        if number is None:
            self._connection.execute(
                "INSERT INTO node (site, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (key.site, key.node),
            )
            (number,) = self._connection.execute(
                "SELECT id FROM node WHERE site = ? AND name = ?", (key.site, key.node)
            ).fetchone()
            self._nodes[key] = number
        return number

    def known_node(self, key: NodeKey) -> int | None:
        """Give the number of a node that has said something; None for any other."""
        row = self._connection.execute(
            "SELECT id FROM node WHERE site = ? AND name = ?", (key.site, key.node)
        ).fetchone()
        return None if row is None else int(row[0])

    def table(self, node: int, name: bytes) -> ChannelTable | None:
        """Give the channel table that a block names, or a longer one that begins with it."""
        table = self._tables.get((node, name))
        if table is None:
            row = self._connection.execute(
                "SELECT rows FROM table_name JOIN channel_table ON channel_table.id = channel_table"
                " WHERE table_name.node = ? AND name = ?",
                (node, name),
            ).fetchone()
            if row is None:
                return None
            table = table_from_json(json.loads(row[0]))
            self._remember(node, table)
        return table

    def register(self, birth: Birth) -> None:
        """Keep a birth and its channel table; a table that has grown takes the old one's place."""
        node = self.node(NodeKey(birth.node.site, birth.node.id))
        self._connection.execute(
            "UPDATE node SET birth = ? WHERE id = ?", (births.write(birth).decode(), node)
        )
        names = sorted(birth.table.names)
        if not names:
            return
        rows = json.dumps(birth.table.to_json(), ensure_ascii=False)
        number = self._table_with_most_of(node, names)
        if number is None:
            number = self._connection.execute(
                "INSERT INTO channel_table (node, rows) VALUES (?, ?)", (node, rows)
            ).lastrowid
        else:
            # Only ever to a longer one: a birth that comes late must not cut the table short.
            self._connection.execute(
                "UPDATE channel_table SET rows = ? WHERE id = ? AND length(rows) < length(?)",
                (rows, number, rows),
            )
        self._connection.executemany(
            "INSERT INTO table_name VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(node, name, number) for name in names],
        )
        self._tables = {key: table for key, table in self._tables.items() if key[0] != node}

    def note_status(self, key: NodeKey, *, online: bool, at_us: int) -> None:
        """Keep whether a node is connected, and since when."""
        self._connection.execute(
            "UPDATE node SET online = ?, status_us = ? WHERE id = ? AND online IS NOT ?",
            (online, at_us, self.node(key), online),
        )

    def facts(self) -> list[NodeFacts]:
        """List all nodes."""
        rows = self._connection.execute(
            "SELECT site, name, birth, online, status_us FROM node ORDER BY site, name"
        ).fetchall()
        return [
            NodeFacts(
                key=NodeKey(site, name),
                birth=None if birth is None else births.read(birth.encode()),
                online=None if online is None else bool(online),
                status_us=status_us,
            )
            for site, name, birth, online, status_us in rows
        ]

    def _table_with_most_of(self, node: int, names: list[bytes]) -> int | None:
        """Find the table that the new one continues: they share the names of their beginnings."""
        marks = ", ".join("?" * len(names))
        row = self._connection.execute(
            f"SELECT channel_table FROM table_name WHERE node = ? AND name IN ({marks})"  # noqa: S608
            " GROUP BY channel_table ORDER BY count(*) DESC LIMIT 1",
            (node, *names),
        ).fetchone()
        return None if row is None else int(row[0])

    def _remember(self, node: int, table: ChannelTable) -> None:
        for name in table.names:
            self._tables[node, name] = table
