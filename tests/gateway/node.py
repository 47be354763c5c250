"""A scripted node on a real broker: tells its birth, sends blocks, obeys commands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from cloud_sync import receipt as receipts
from cloud_sync.birth import Birth
from cloud_sync.birth import write as write_birth
from cloud_sync.block import BlockId, Column, Dating, seal
from cloud_sync.broker_address import BrokerAddress
from cloud_sync.channels import ChannelTable
from cloud_sync.downlink import Downlink
from cloud_sync.envelope import Verifier
from cloud_sync.session import Session, Will
from cloud_sync.topics import NodeTopics, read
from hardware.clock import SystemClock, to_unix_us
from hardware.command import Command, Outcome
from hardware.place import Device, Node
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Trust, Value

CLOCK = SystemClock("node")


class ScriptedNode:
    """The node's end of the wire, with the real session and the real downlink."""

    def __init__(
        self,
        broker: BrokerAddress,
        site: str,
        node: str,
        devices: tuple[Device, ...],
        verifier: Verifier,
        *,
        steps: Callable[[Command], list[tuple[Outcome, str]]],
    ) -> None:
        """Make the node; ``steps`` says how each command goes after it was accepted."""
        self._node = Node(site, node, devices)
        self._topics = NodeTopics(site, node)
        self._table = ChannelTable()
        self._seq: dict[Lane, int] = {}
        self._steps = steps
        self._seen: set[str] = set()
        self._connected = asyncio.Event()
        self._epoch = b"epoch1"
        self.receipts = 0
        self._session = Session(
            broker,
            client_id=f"node-{node}",
            clock=CLOCK,
            subscriptions=(self._topics.command, self._topics.receipt),
            will=Will(self._topics.status, b"offline"),
            on_connect=self._connected.set,
        )
        self._downlink = Downlink(self._session, self._topics, verifier, self, self, CLOCK.now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedNode"]:
        """Be on the broker."""
        async with asyncio.TaskGroup() as tasks:
            own = [tasks.create_task(self._session.run()), tasks.create_task(self._listen(tasks))]
            await self._connected.wait()
            await self._session.publish(self._topics.status, b"online", retain=True)
            try:
                yield self
            finally:
                for task in own:
                    task.cancel()

    async def say(self, device: str, quantity: str, value: Value) -> None:
        """Send one reading of now in a block of its own, the birth before it."""
        kind = QUANTITIES[quantity]
        step = Decimal(1) if kind.states else kind.step
        number = self._table.number(device, Measurement(kind, value, "", step))
        seq = self._seq.get(kind.lane, 0)
        self._seq[kind.lane] = seq + 1
        birth = Birth(self._node, "boot", self._epoch, "machine", "1.0", 10.0, self._table)
        await self._session.publish(self._topics.birth, write_birth(birth), retain=True)
        block = seal(
            BlockId(self._epoch, kind.lane, seq),
            table=self._table.name,
            dating=Dating(0, Trust.NTP),
            columns=[
                Column(number, (to_unix_us(CLOCK.now()),), (self._table.rows[number].steps(value),))
            ],
        )
        await self._session.publish(self._topics.up(kind.lane), block)

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        async for message in self._session.messages():
            address = read(message.topic)
            if address is not None and address.what == "receipt":
                self.receipts += bool(receipts.read(message.payload).lanes)
            else:
                tasks.create_task(self._downlink.hear(message))

    # What the downlink needs of a node ---------------------------------------------------------

    async def carry_out(self, command: Command) -> AsyncIterator[tuple[Outcome, str]]:
        """Go through the script, and let a lock's new state be read like any reading."""
        for outcome, detail in self._steps(command):
            yield outcome, detail
            if outcome is Outcome.VERIFIED:
                await self.say(command.device, "lock_state", f"{command.action}ed")

    def objection(self, command: Command) -> str | None:
        """Refuse what no device of ours is."""
        known = {device.id for device in self._node.devices}
        return None if command.device in known else "no such device here"

    def remember(self, command: Command) -> bool:
        """Keep the id."""
        new = command.id not in self._seen
        self._seen.add(command.id)
        return new
