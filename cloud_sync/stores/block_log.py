"""The write side of the embedded store: blocks in, one transaction, receipts out."""

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud_sync.block import LANES, BadBlockError, Block, BlockId, Column, open_block, read_header
from cloud_sync.channels import Channel, ChannelTable
from cloud_sync.receipt import LaneReceipt
from cloud_sync.stores.store import Kept, NodeKey, Received
from cloud_sync.stores.tables import NodeTables
from hardware.quantity import Kind, Lane
from hardware.reading import Absence, Trust, Value

log = logging.getLogger(__name__)

_LATEST = """
INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (series) DO UPDATE SET
    at_us = excluded.at_us, number = excluded.number, state = excluded.state,
    absent = excluded.absent, trust = excluded.trust, received_us = excluded.received_us
WHERE excluded.at_us >= latest.at_us
"""


@dataclass(slots=True)
class _Batch:
    """What one write has touched: the numbers of each lane, and who must tell its birth again."""

    numbers: dict[tuple[NodeKey, bytes], dict[Lane, set[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    births_wanted: set[tuple[NodeKey, bytes]] = field(default_factory=set)


class BlockLog:
    """Takes blocks. The caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, tables: NodeTables) -> None:
        self._connection = connection
        self._tables = tables
        self._series: dict[tuple[int, str, str, str], int] = {}

    def forget(self) -> None:
        """Drop what is remembered of a transaction that was rolled back."""
        self._series.clear()

    def write(self, blocks: Sequence[Received]) -> list[Kept]:
        """Take blocks, each once, and say what is there now of every epoch that they touch."""
        batch = _Batch()
        for received in blocks:
            self._take(received, batch)
        touched = batch.numbers.keys() | batch.births_wanted
        return [self._kept(source, epoch, batch) for source, epoch in sorted(touched)]

    def _take(self, received: Received, batch: _Batch) -> None:
        try:
            header = read_header(received.block)
        except BadBlockError as error:
            # It cannot be refused by name; the node keeps the sound one and sends it again.
            log.warning("%s: dropped what is no block: %s", received.source, error)
            return
        node = self._tables.node(received.source)
        if not self._is_new(node, header.id):
            batch.numbers[received.source, header.id.epoch][header.id.lane].add(header.id.seq)
            return
        table = self._tables.table(node, header.table)
        if table is None:
            batch.births_wanted.add((received.source, header.id.epoch))
            return
        try:
            self._insert(node, received, _sound(received, table), table)
        except BadBlockError as error:
            log.warning("%s: refused %s: %s", received.source, header.id, error)
            self._refuse(node, received, header.id, str(error))
        batch.numbers[received.source, header.id.epoch][header.id.lane].add(header.id.seq)

    def _is_new(self, node: int, block: BlockId) -> bool:
        identity = (node, block.epoch, LANES.index(block.lane), block.seq)
        (known,) = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM block WHERE (node, epoch, lane, seq) = (?, ?, ?, ?))"
            " OR EXISTS (SELECT 1 FROM refused WHERE (node, epoch, lane, seq) = (?, ?, ?, ?))",
            identity + identity,
        ).fetchone()
        return not known

    def _refuse(self, node: int, received: Received, block: BlockId, reason: str) -> None:
        self._connection.execute(
            "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                node,
                block.epoch,
                LANES.index(block.lane),
                block.seq,
                reason,
                received.at_us,
                received.block,
            ),
        )

    def _insert(self, node: int, received: Received, block: Block, table: ChannelTable) -> None:
        anchor = block.header.dating.anchor_us
        lane = LANES.index(block.header.id.lane)
        first = anchor + min(column.times[0] for column in block.columns)
        last = anchor + max(column.times[-1] for column in block.columns)
        self._connection.execute(
            "INSERT INTO block (node, epoch, lane, seq, first_us, last_us, received_us, octets)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                node,
                block.header.id.epoch,
                lane,
                block.header.id.seq,
                first,
                last,
                received.at_us,
                received.block,
            ),
        )
        self._connection.execute(
            "INSERT INTO span VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET longest_us = max(longest_us, excluded.longest_us)",
            (node, lane, last - first),
        )
        for column in block.columns:
            channel = table.rows[column.channel]
            series = self._series_number(node, channel)
            self._note_latest(series, channel, column, block, received.at_us)
            if channel.quantity.kind is Kind.STATE:
                self._note_states(series, channel, column, anchor)

    def _series_number(self, node: int, channel: Channel) -> int:
        key = (node, channel.device, channel.quantity.name, channel.channel)
        number = self._series.get(key)
        if number is None:
            self._connection.execute(
                "INSERT INTO series (node, device, quantity, channel) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                key,
            )
            (number,) = self._connection.execute(
                "SELECT id FROM series WHERE (node, device, quantity, channel) = (?, ?, ?, ?)", key
            ).fetchone()
            self._series[key] = number
        return number

    def _note_latest(
        self, series: int, channel: Channel, column: Column, block: Block, received_us: int
    ) -> None:
        dating = block.header.dating
        at_us = dating.anchor_us + column.times[-1]
        value = as_row(channel.value(column.values[-1]))
        self._connection.execute(_LATEST, (series, at_us, *value, int(dating.trust), received_us))

    def _note_states(self, series: int, channel: Channel, column: Column, anchor: int) -> None:
        points = []
        previous: int | Absence | None = None
        for time, steps in zip(column.times, column.values, strict=True):
            if steps != previous:
                _, state, absent = as_row(channel.value(steps))
                points.append((series, anchor + time, state, absent))
            previous = steps
        self._connection.executemany(
            "INSERT INTO state_point VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", points
        )

    def _kept(self, source: NodeKey, epoch: bytes, batch: _Batch) -> Kept:
        node = self._tables.node(source)
        written = batch.numbers.get((source, epoch), {})
        return Kept(
            source,
            epoch,
            {
                lane: self._lane_kept(node, epoch, lane, numbers)
                for lane, numbers in written.items()
            },
            birth_wanted=(source, epoch) in batch.births_wanted,
        )

    def _lane_kept(self, node: int, epoch: bytes, lane: Lane, numbers: set[int]) -> LaneReceipt:
        """Move the mark over what is there, and name what of this write lies beyond it."""
        place = (node, epoch, LANES.index(lane))
        row = self._connection.execute(
            "SELECT upto FROM mark WHERE (node, epoch, lane) = (?, ?, ?)", place
        ).fetchone()
        upto = self._contiguous(place, 0 if row is None else row[0])
        self._connection.execute(
            "INSERT INTO mark VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET upto = excluded.upto",
            (*place, upto),
        )
        refused = self._connection.execute(
            "SELECT seq, reason FROM refused WHERE (node, epoch, lane) = (?, ?, ?)", place
        ).fetchall()
        return LaneReceipt(upto, frozenset(seq for seq in numbers if seq >= upto), dict(refused))

    def _contiguous(self, place: tuple[int, bytes, int], upto: int) -> int:
        found = self._connection.execute(
            "SELECT seq FROM block WHERE (node, epoch, lane) = (?, ?, ?) AND seq >= ?"
            " UNION SELECT seq FROM refused WHERE (node, epoch, lane) = (?, ?, ?) AND seq >= ?"
            " ORDER BY seq",
            (*place, upto, *place, upto),
        )
        for (seq,) in found:
            if seq != upto:
                break
            upto += 1
        return upto


def as_row(value: Value) -> tuple[float | None, str | None, str | None]:
    """Give a value as the columns number, state, absent; exactly one is not None."""
    if isinstance(value, Absence):
        return None, None, value.value
    if isinstance(value, str):
        return None, value, None
    return value, None, None


def _sound(received: Received, table: ChannelTable) -> Block:
    """Open a block and check all that the store relies on."""
    block = open_block(received.block)
    if block.header.id.lane is not received.lane:
        raise BadBlockError(f"lane {block.header.id.lane} came on the topic of {received.lane}")
    if block.header.dating.trust is Trust.NONE:
        raise BadBlockError("undated; a node dates its blocks before it sends them")
    if not block.columns:
        raise BadBlockError("empty")
    if block.columns[-1].channel >= len(table.rows):
        raise BadBlockError("a channel beyond the table that it names")
    return block
