"""The node's end of the readings: blocks from the journal to the broker, receipts to the journal.

A block is sent, and sent again, until a receipt settles it; a publish that returns proves nothing.
After a reconnect the newest go first: what is sealed from now on goes at once, the backlog, oldest
first, fills what is left of the rate.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from cloud_sync.block import BlockId
from cloud_sync.receipt import Receipt
from cloud_sync.session import Offline, Session
from cloud_sync.topics import NodeTopics
from hardware.clock import Clock

log = logging.getLogger(__name__)

WINDOW = 16  # blocks sent and not settled; the backlog may use half, so that the newest find room
RESEND_FIRST = 15.0  # seconds without a receipt before a block is sent again
RESEND_LAST = 300.0  # seconds; a store that is away for hours is not shouted at
AFTER_BIRTH = 2.0  # seconds that the store gets to read a birth that it asked for


class Outbox(Protocol):
    """What the uplink needs of a journal."""

    def watch(self, sealed: Callable[[BlockId], None]) -> None:
        """Call ``sealed`` for each block that from now on is ready to be sent."""

    def unsettled(self) -> Iterable[BlockId]:
        """List the blocks that are ready to be sent and not settled, most urgent first."""

    async def octets(self, block: BlockId) -> bytes | None:
        """Give a block's bytes; None if it has been settled or shed since."""

    def settle(self, receipt: Receipt) -> None:
        """Forget what the store has; keep aside what it refuses."""


@dataclass(slots=True)
class _Flight:
    """A block under way: when it is sent again, and after how long the time after that."""

    due: float
    pause: float = RESEND_FIRST


class Uplink:
    """Sends what the journal holds. ``run`` runs until cancelled.

    The owner of the session calls ``connected`` after each connect and ``hear`` with each receipt.
    """

    def __init__(
        self,
        session: Session,
        outbox: Outbox,
        topics: NodeTopics,
        clock: Clock,
        *,
        backlog_rate: float = 20.0,
    ) -> None:
        """Make the uplink of one node.

        Args:
            session: the connection; may come and go.
            outbox: the journal.
            topics: of this node.
            clock: the time.
            backlog_rate: blocks a second that may be sent of what is older than the connection.
        """
        self._session = session
        self._outbox = outbox
        self._topics = topics
        self._clock = clock
        self._backlog_pause = 1.0 / backlog_rate
        self._next_backlog = 0.0
        self._fresh: deque[BlockId] = deque()
        self._backlog: deque[BlockId] = deque()
        self._flights: dict[BlockId, _Flight] = {}
        self._woken = asyncio.Event()
        outbox.watch(self._sealed)

    def connected(self) -> None:
        """Begin anew: whatever is not settled may be on its way or lost, so all of it is sent."""
        self._fresh.clear()
        self._flights.clear()
        self._backlog = deque(self._outbox.unsettled())
        self._woken.set()

    def hear(self, receipt: Receipt) -> None:
        """Take a receipt: settle, and make room for the next blocks."""
        self._outbox.settle(receipt)
        for block in [block for block in self._flights if receipt.settles(block)]:
            del self._flights[block]
        if receipt.birth_wanted:
            soon = self._clock.monotonic() + AFTER_BIRTH
            for flight in self._flights.values():
                flight.due = min(flight.due, soon)
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled. Loses nothing; may send a block twice."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                block = self._choose()
                if block is None:
                    await self._wait()
                    continue
                octets = await self._outbox.octets(block)
                if octets is None:
                    self._flights.pop(block, None)
                    continue
                self._launch(block)
                tasks.create_task(self._publish(block, octets))

    def _sealed(self, block: BlockId) -> None:
        if self._session.connected:  # else the next connect lists it
            self._fresh.append(block)
            self._woken.set()

    def _choose(self) -> BlockId | None:
        """Give the block to send now: a new one, else one of the backlog, else one that is due."""
        if not self._session.connected:
            return None
        if self._fresh and len(self._flights) < WINDOW:
            return self._fresh.popleft()
        now = self._clock.monotonic()
        if self._backlog and len(self._flights) < WINDOW // 2 and now >= self._next_backlog:
            self._next_backlog = now + self._backlog_pause
            return self._backlog.popleft()
        return next((block for block, flight in self._flights.items() if flight.due <= now), None)

    async def _wait(self) -> None:
        """Wait until something happens, or the next block is due."""
        moments = [flight.due for flight in self._flights.values()]
        if self._backlog and len(self._flights) < WINDOW // 2:
            moments.append(self._next_backlog)
        # While offline nothing is due: the connect wakes us.
        now = self._clock.monotonic()
        pause = max(0.0, min(moments) - now) if moments and self._session.connected else None
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def _launch(self, block: BlockId) -> None:
        flight = self._flights.get(block)
        now = self._clock.monotonic()
        if flight is None:
            self._flights[block] = _Flight(now + RESEND_FIRST)
        else:
            flight.pause = min(flight.pause * 2, RESEND_LAST)
            flight.due = now + flight.pause

    async def _publish(self, block: BlockId, octets: bytes) -> None:
        try:
            await self._session.publish(self._topics.up(block.lane), octets)
        except Offline as error:
            log.debug("block %s: %s", block.seq, error)  # the next connect lists it again
