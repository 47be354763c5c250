"""Tells the broker who this node is: on each connect, when the channel table grows, when asked."""

import asyncio
from importlib.metadata import version

from cloud_sync import birth as births
from cloud_sync.birth import Birth
from cloud_sync.session import Offline, Session
from cloud_sync.topics import NodeTopics
from edge import machine
from edge.journal import Journal
from hardware.clock import Clock
from hardware.place import Node

LOOK = 1.0  # seconds between looks at whether the table has grown; a start makes many rows at once


class Births:
    """Keeps the retained birth true. ``run`` runs until cancelled."""

    def __init__(
        self, session: Session, topics: NodeTopics, node: Node, journal: Journal, clock: Clock
    ) -> None:
        self._session = session
        self._topics = topics
        self._node = node
        self._journal = journal
        self._clock = clock
        self._wanted = asyncio.Event()
        self._told_rows = -1

    def tell(self) -> None:
        """Tell it again, soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            wanted = self._wanted.is_set() or len(self._journal.table.rows) != self._told_rows
            self._wanted.clear()
            if wanted and self._session.connected:  # else the connect asks for it
                await self._publish()
            try:
                async with asyncio.timeout(LOOK):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _publish(self) -> None:
        rows = len(self._journal.table.rows)
        birth = Birth(
            node=self._node,
            boot=self._clock.boot,
            epoch=self._journal.epoch,
            machine=machine.mark(),
            version=version("kyoten"),
            window=self._journal.window,
            table=self._journal.table,
        )
        try:
            await self._session.publish(self._topics.birth, births.write(birth), retain=True)
            await self._session.publish(self._topics.status, b"online", retain=True)
        except Offline:
            return  # the next connect tells it
        self._told_rows = rows
