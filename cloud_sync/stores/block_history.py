"""The read side of the embedded store, over the block log."""

import sqlite3
from collections.abc import Iterator

from cloud_sync.block import LANES, Column, open_block
from cloud_sync.channels import Channel, ChannelTable
from cloud_sync.stores.store import Bucket, Fact, NodeKey, Sample, SeriesKey, Transition
from cloud_sync.stores.tables import NodeTables
from hardware.quantity import QUANTITIES
from hardware.reading import Absence, Trust, Value


class BlockHistory:
    """Answers questions about what has been written."""

    def __init__(self, connection: sqlite3.Connection, tables: NodeTables) -> None:
        self._connection = connection
        self._tables = tables

    def latest(self, site: str | None) -> list[Fact]:
        """Give the latest of every series."""
        rows = self._connection.execute(
            "SELECT site, name, device, quantity, channel,"
            " at_us, number, state, absent, trust, received_us"
            " FROM latest JOIN series ON series.id = series JOIN node ON node.id = node"
            " WHERE ?1 IS NULL OR site = ?1 ORDER BY site, name, device, quantity, channel",
            (site,),
        ).fetchall()
        return [
            Fact(
                SeriesKey(*row[:5]),
                at_us=row[5],
                value=_from_row(*row[6:9]),
                trust=Trust(row[9]),
                received_us=row[10],
            )
            for row in rows
        ]

    def range(self, series: SeriesKey, start_us: int, end_us: int) -> Iterator[Sample]:
        """Give the readings of a series in ``[start, end)``, oldest first."""
        node = self._tables.known_node(NodeKey(series.site, series.node))
        quantity = QUANTITIES.get(series.quantity)
        if node is None or quantity is None:
            return iter(())
        found: dict[int, Value] = {}
        for octets in self._blocks(node, LANES.index(quantity.lane), start_us, end_us):
            block = open_block(octets)
            table = self._tables.table(node, block.header.table)
            assert table is not None, "a block is kept only with its table"
            anchor = block.header.dating.anchor_us
            for column, channel in _columns_of(series, block.columns, table):
                for time, steps in zip(column.times, column.values, strict=True):
                    at_us = anchor + time
                    if start_us <= at_us < end_us:
                        found.setdefault(at_us, channel.value(steps))
        return (Sample(at_us, found[at_us]) for at_us in sorted(found))

    def transitions(self, series: SeriesKey, start_us: int, end_us: int) -> list[Transition]:
        """Give the changes of a state series, led by the state at ``start``."""
        row = self._connection.execute(
            "SELECT series.id FROM series JOIN node ON node.id = node"
            " WHERE (site, name, device, quantity, channel) = (?, ?, ?, ?, ?)",
            (series.site, series.node, series.device, series.quantity, series.channel),
        ).fetchone()
        if row is None:
            return []
        points = self._connection.execute(
            "SELECT at_us, state, absent FROM state_point WHERE series = ?1 AND at_us < ?3"
            " AND at_us >= coalesce((SELECT max(at_us) FROM state_point"
            "                        WHERE series = ?1 AND at_us <= ?2), ?2) ORDER BY at_us",
            (row[0], start_us, end_us),
        ).fetchall()
        changes: list[Transition] = []
        for at_us, state, absent in points:
            value = state if absent is None else Absence(absent)
            if not changes or changes[-1].state != value:
                changes.append(Transition(max(at_us, start_us), value))
        return changes

    def _blocks(self, node: int, lane: int, start_us: int, end_us: int) -> Iterator[bytes]:
        rows = self._connection.execute(
            "SELECT octets FROM block JOIN span USING (node, lane)"
            " WHERE node = ? AND lane = ? AND last_us >= ? AND last_us < ? + longest_us"
            " AND first_us < ? ORDER BY last_us",
            (node, lane, start_us, end_us, end_us),
        ).fetchall()
        return (octets for (octets,) in rows)


def aggregate(samples: Iterator[Sample], start_us: int, step_us: int) -> list[Bucket]:
    """Put samples, oldest first, into steps counted from ``start``."""
    buckets: list[Bucket] = []
    held: list[Sample] = []
    place = -1
    for sample in samples:
        current = (sample.at_us - start_us) // step_us
        if current != place and held:
            buckets.append(_bucket(start_us + place * step_us, held))
            held = []
        place = current
        held.append(sample)
    if held:
        buckets.append(_bucket(start_us + place * step_us, held))
    return buckets


def _bucket(start_us: int, samples: list[Sample]) -> Bucket:
    numbers = [sample.value for sample in samples if isinstance(sample.value, float)]
    return Bucket(
        start_us,
        count=len(numbers),
        absent=sum(isinstance(sample.value, Absence) for sample in samples),
        mean=sum(numbers) / len(numbers) if numbers else None,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        last=samples[-1].value,
    )


def _columns_of(
    series: SeriesKey, columns: tuple[Column, ...], table: ChannelTable
) -> Iterator[tuple[Column, Channel]]:
    for column in columns:
        channel = table.rows[column.channel]
        if (
            channel.device == series.device
            and channel.quantity.name == series.quantity
            and channel.channel == series.channel
        ):
            yield column, channel


def _from_row(number: float | None, state: str | None, absent: str | None) -> Value:
    if absent is not None:
        return Absence(absent)
    if state is not None:
        return state
    assert number is not None, "one of the three is there"
    return number
