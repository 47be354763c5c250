"""The store's end of the readings: blocks from the broker into the store, receipts back.

Nothing is receipted before the store has committed it. What the broker hands over and we lose (a
crash, a full disk) is not receipted, so the node sends it again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cloud_sync import birth as births
from cloud_sync import receipt as receipts
from cloud_sync import topics
from cloud_sync.receipt import BadMessageError, Receipt
from cloud_sync.session import Message, Offline, Session
from cloud_sync.stores.store import Kept, NodeKey, Received, Store, StoreError
from hardware.clock import Clock, to_unix_us
from hardware.quantity import Lane

T = TypeVar("T")

log = logging.getLogger(__name__)

SUBSCRIPTIONS = (topics.ALL_BIRTHS, topics.ALL_STATUS, topics.ALL_UP)
BATCH = 500  # blocks in one commit; 20 cost 40 device bytes a reading, more save little
QUEUE = 2000  # blocks; beyond it the session's inbox fills, and TCP holds the broker back
RETRY = 5.0  # seconds between attempts while the store cannot write

_LANES = {lane.value: lane for lane in Lane}


@dataclass(slots=True)
class Counters:
    """What the ingest has done since it started; for the log and the metrics."""

    blocks: int = 0
    commits: int = 0
    dropped: int = 0


class Ingest:
    """Takes what a session hears to a store. ``run`` runs until cancelled."""

    def __init__(self, session: Session, store: Store, clock: Clock) -> None:
        self._session = session
        self._store = store
        self._clock = clock
        self._queue: asyncio.Queue[Received] = asyncio.Queue(QUEUE)
        self.counters = Counters()

    async def run(self) -> None:
        """Listen and write, side by side."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="ingest: listen")
            tasks.create_task(self._write(), name="ingest: write")

    async def _listen(self) -> None:
        async for message in self._session.messages():
            try:
                await self._hear(message)
            except BadMessageError as error:
                self.counters.dropped += 1
                log.warning("%s: dropped: %s", message.topic, error)

    async def _hear(self, message: Message) -> None:
        address = topics.read(message.topic)
        if address is None:
            return
        source = NodeKey(address.site, address.node)
        match address.what:
            case "up" if address.rest in _LANES:
                lane = _LANES[address.rest]
                await self._queue.put(Received(source, lane, message.payload, self._now_us()))
            case "birth" if message.payload:
                await self._hear_birth(source, message.payload)
            case "status":
                online = message.payload == b"online"
                await self._until_written(
                    partial(self._store.note_status, source, online=online, at_us=self._now_us())
                )

    async def _hear_birth(self, source: NodeKey, payload: bytes) -> None:
        birth = births.read(payload)
        if (birth.node.site, birth.node.id) != (source.site, source.node):
            raise BadMessageError(f"a birth of {birth.node.site}/{birth.node.id} on this topic")
        await self._until_written(partial(self._store.register, birth, at_us=self._now_us()))
        # Nothing is settled by this, but it tells the node the time.
        await self._send([Kept(source, birth.epoch, {})])

    async def _write(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            kept = await self._until_written(partial(self._store.write, batch))
            self.counters.blocks += len(batch)
            self.counters.commits += 1
            await self._send(kept)

    async def _until_written(self, write: Callable[[], T]) -> T:
        """Write in a thread; while the store cannot, wait and try again. Nobody is receipted."""
        while True:
            try:
                return await asyncio.to_thread(write)
            except StoreError as error:
                log.error("%s; trying again in %.0f s", error, RETRY)
                await self._clock.sleep(RETRY)

    async def _send(self, kept: Sequence[Kept]) -> None:
        for of_epoch in kept:
            receipt = Receipt(of_epoch.epoch, of_epoch.lanes, self._now_us(), of_epoch.birth_wanted)
            topic = topics.NodeTopics(of_epoch.source.site, of_epoch.source.node).receipt
            try:
                # QoS 0: to wait for the broker's word would hold up the next commit, and a receipt
                # that is lost is told again when the node sends the block again.
                await self._session.publish(topic, receipts.write(receipt), qos=0)
            except Offline:
                return

    def _now_us(self) -> int:
        return to_unix_us(self._clock.now())
