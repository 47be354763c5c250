"""The agent: everything that a node does, assembled and started on one screen."""

import asyncio
import logging
import random
from contextlib import suppress

from cloud_sync import receipt as receipts
from cloud_sync.downlink import Downlink
from cloud_sync.envelope import Verifier, public_key
from cloud_sync.receipt import BadMessageError
from cloud_sync.session import Message, Session, Will
from cloud_sync.topics import NodeTopics
from cloud_sync.uplink import Uplink
from edge import machine
from edge.births import Births
from edge.channel_file import ChannelFile
from edge.config import Plan
from edge.disk import Disk
from edge.fitting import Fitter
from edge.flash import Flash
from edge.health import Health
from edge.journal import Journal, Settings, Storage
from edge.links import keep_open
from edge.memory import DriverMemory
from edge.now_board import NowBoard
from edge.sampler import Sampler
from edge.seen import SeenCommands
from edge.staging import Staging
from edge.timekeeper import TimeKeeper
from hardware.clock import Clock
from hardware.reading import Reading

log = logging.getLogger(__name__)


class Agent:
    """One node. ``run`` runs until cancelled; nothing is lost when it is killed."""

    def __init__(self, plan: Plan, clock: Clock, disk: Disk) -> None:
        """Assemble the node; opens the journal and the pins.

        Raises:
            ConfigError: a device cannot be made from what ``edge.toml`` says.
            OSError: the state folder cannot be used.
        """
        node, config = plan.node(), plan.config
        topics = NodeTopics(node.site, node.id)
        self._topics = topics
        self._clock = clock
        self._session = Session(
            config.broker.address(),
            client_id=f"{node.site}.{node.id}",
            clock=clock,
            subscriptions=(topics.receipt, topics.command),
            will=Will(topics.status, b"offline"),
            on_connect=self._connected,
        )
        self._time = TimeKeeper(clock, synchronised=machine.clock_synchronised)
        self._journal = _open_journal(plan, clock, disk, self._time)
        self._now_board = NowBoard(self._session, topics, self._time, clock)
        profiles = {each.part.id: each.profile for each in plan.equipment}
        self._sampler = Sampler(node.id, profiles, clock, self._keep, mountings=plan.mountings())
        self._health = Health(
            journal=self._journal,
            time_keeper=self._time,
            disk=disk,
            state=config.node.state,
            clock=clock,
            observe=self._sampler.observe_node,
        )
        self._journal.on_shed = self._health.note_shed
        self._memory = DriverMemory(
            config.node.staging / "memory.json", config.node.state / "memory.json", disk, clock
        )
        self._memory.open()
        self._fitted = Fitter(plan, self._sampler, self._memory, clock).fit()
        self._births = Births(self._session, topics, node, self._journal, clock)
        self._uplink = Uplink(self._session, self._journal, topics, clock)
        seen = SeenCommands(config.node.state / "commands.json", disk, self._time.now)
        seen.open()
        keys = {name: public_key(text) for name, text in config.commands.keys.items()}
        self._downlink = Downlink(
            self._session, topics, Verifier(keys), self._fitted.actuator, seen, self._time.now
        )

    async def run(self) -> None:
        """Live, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._journal.run())
                tasks.create_task(self._sampler.run())
                tasks.create_task(self._memory.run())
                tasks.create_task(self._health.run())
                for name, use in self._fitted.links.items():
                    link = keep_open(name, use, self._clock, jitter=random.random)
                    tasks.create_task(link, name=name)
                tasks.create_task(self._session.run())
                tasks.create_task(self._listen(tasks))
                tasks.create_task(self._births.run())
                tasks.create_task(self._uplink.run())
                tasks.create_task(self._now_board.run())
        finally:
            self._memory.close()
            await self._journal.close()

    def _keep(self, reading: Reading) -> None:
        self._journal.append(reading)
        self._now_board.note(reading)

    def _connected(self) -> None:
        self._births.tell()
        self._now_board.connected()
        self._uplink.connected()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        async for message in self._session.messages():
            if message.topic == self._topics.receipt:
                self._hear_receipt(message)
            elif message.topic == self._topics.command:
                tasks.create_task(self._hear_command(message))

    def _hear_receipt(self, message: Message) -> None:
        try:
            receipt = receipts.read(message.payload)
        except BadMessageError as error:
            log.warning("receipt dropped: %s", error)
            return
        if not message.retained:
            self._time.hear_service(receipt.now_us)
        self._journal.date()
        self._uplink.hear(receipt)
        if receipt.birth_wanted:
            self._births.tell()

    async def _hear_command(self, message: Message) -> None:
        with suppress(asyncio.CancelledError):
            try:
                await self._downlink.hear(message)
            except BadMessageError as error:
                log.warning("command dropped: %s", error)


def _open_journal(plan: Plan, clock: Clock, disk: Disk, time_keeper: TimeKeeper) -> Journal:
    node, part = plan.config.node, plan.config.journal
    journal_folder = node.state / "journal"
    disk.make_folder(journal_folder)
    journal = Journal(
        Storage(
            Staging(node.staging, disk),
            ChannelFile(node.staging / "channels.json", disk, durable=False),
            Flash(journal_folder, disk, quota=part.quota_mb * 1_000_000),
            ChannelFile(journal_folder / "channels.json", disk, durable=True),
        ),
        clock=clock,
        dating=time_keeper.dating,
        settings=Settings(interval=part.interval, window=part.window),
    )
    journal.open()
    return journal
