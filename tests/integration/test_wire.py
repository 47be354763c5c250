"""The wire from end to end over a real broker: journal, uplink, ingest, store, and back."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.waiting import free_port, running, until

from cloud_sync import receipt as receipts
from cloud_sync import topics
from cloud_sync.birth import Birth
from cloud_sync.birth import write as write_birth
from cloud_sync.block import Dating
from cloud_sync.broker import run_broker
from cloud_sync.dispatch import Dispatch
from cloud_sync.downlink import Downlink
from cloud_sync.envelope import Signer, Verifier
from cloud_sync.ingest import SUBSCRIPTIONS, Ingest
from cloud_sync.session import Session
from cloud_sync.stores.embedded import EmbeddedStore
from cloud_sync.stores.store import NodeKey, SeriesKey
from cloud_sync.topics import NodeTopics
from cloud_sync.uplink import Uplink
from edge.channel_file import ChannelFile
from edge.disk import RealDisk
from edge.flash import Flash
from edge.journal import Journal, Settings, Storage
from edge.seen import SeenCommands
from edge.staging import Staging
from hardware.clock import SystemClock, to_unix_us
from hardware.command import Action, Actor, ActorKind, Command, Outcome
from hardware.place import Node
from hardware.quantity import QUANTITIES
from hardware.reading import Measurement, Reading, Stamp, Trust

CLOCK = SystemClock("boot")
NODE = NodeKey("hall", "pi")
TOPICS = NodeTopics("hall", "pi")


def dating():
    return Dating(to_unix_us(CLOCK.now()) - CLOCK.since_boot_us(), Trust.NTP)


@asynccontextmanager
async def broker(tmp_path):
    async with run_broker(
        "127.0.0.1", free_port(), folder=tmp_path, clock=CLOCK, mosquitto=None
    ) as (address, _):
        yield address


def make_journal(folder):
    for name in ("staging", "flash"):
        (folder / name).mkdir(exist_ok=True)
    journal = Journal(
        Storage(
            Staging(folder / "staging", RealDisk()),
            ChannelFile(folder / "staging" / "channels.json", RealDisk(), durable=False),
            Flash(folder / "flash", RealDisk(), quota=10_000_000),
            ChannelFile(folder / "flash" / "channels.json", RealDisk(), durable=True),
        ),
        clock=CLOCK,
        dating=dating,
        settings=Settings(interval=0.3, window=0.5),
    )
    journal.open()
    return journal


class Sender:
    """The node's half: a journal and an uplink on one session."""

    def __init__(self, folder, address):
        self.journal = make_journal(folder)
        self.session = Session(
            address,
            client_id="pi",
            clock=CLOCK,
            subscriptions=(TOPICS.receipt,),
            on_connect=self.connected,
            jitter=lambda: 0.0,
        )
        self.uplink = Uplink(self.session, self.journal, TOPICS, CLOCK)
        self.must_tell_birth = asyncio.Event()

    def connected(self):
        self.uplink.connected()
        self.must_tell_birth.set()

    async def listen(self):
        async for message in self.session.messages():
            if message.topic != TOPICS.receipt:
                continue  # amqtt hands retained messages of others to a session that comes back
            receipt = receipts.read(message.payload)
            self.uplink.hear(receipt)
            if receipt.birth_wanted:
                self.must_tell_birth.set()

    async def tell_births(self):
        while True:
            await self.must_tell_birth.wait()
            self.must_tell_birth.clear()
            birth = Birth(
                Node("hall", "pi", ()),
                "boot",
                self.journal.epoch,
                "m",
                "0",
                1.0,
                self.journal.table,
            )
            await self.session.publish(TOPICS.birth, write_birth(birth), retain=True)

    def programs(self):
        return (
            self.session.run(),
            self.journal.run(),
            self.uplink.run(),
            self.listen(),
            self.tell_births(),
        )

    def observe(self, value):
        self.journal.append(
            Reading(
                "tag-1",
                Measurement(QUANTITIES["air_temperature"], value, "", Decimal(1)),
                Stamp("boot", CLOCK.since_boot_us()),
            )
        )


def receiver(address, store):
    session = Session(
        address, client_id="ingest", clock=CLOCK, subscriptions=SUBSCRIPTIONS, jitter=lambda: 0.0
    )
    return session.run(), Ingest(session, store, CLOCK).run()


def stored(store):
    series = SeriesKey("hall", "pi", "tag-1", "air_temperature")
    return [sample.value for sample in store.range(series, 0, 2**62)]


@pytest.fixture
def store(tmp_path):
    store = EmbeddedStore(tmp_path / "store.sqlite")
    yield store
    store.close()


def test_every_reading_arrives_once_and_is_then_forgotten(tmp_path, store):
    async def main():
        async with broker(tmp_path) as address:
            sender = Sender(tmp_path, address)
            async with running(*receiver(address, store), *sender.programs()):
                for number in range(300):
                    sender.observe(float(number))
                    if number % 30 == 0:
                        await asyncio.sleep(0.05)  # noqa: TID251 - several blocks are wanted
                await until(lambda: sender.journal.waiting == 0)
                assert stored(store) == [float(number) for number in range(300)]

    asyncio.run(main())


def test_an_ingest_that_dies_loses_nothing(tmp_path, store):
    async def main():
        async with broker(tmp_path) as address:
            sender = Sender(tmp_path, address)
            async with running(*sender.programs()):
                async with running(*receiver(address, store)):
                    sender.observe(1.0)
                    await until(lambda: stored(store))
                for number in range(2, 20):
                    sender.observe(float(number))
                    await asyncio.sleep(0.05)  # noqa: TID251
                assert sender.journal.waiting > 0
                async with running(*receiver(address, store)):
                    sender.session._connection._client.disconnect()  # the resend comes at once
                    await until(lambda: sender.journal.waiting == 0)
                assert stored(store) == [float(number) for number in range(1, 20)]

    asyncio.run(main())


class Door:
    """An actuator whose bolt moves, or not."""

    def __init__(self):
        self.opened = []
        self.works = True

    def objection(self, command):
        return None if command.device == "door-1" else "no such device"

    async def carry_out(self, command):
        self.opened.append(command.id)
        yield Outcome.EXECUTING, ""
        yield (Outcome.VERIFIED, "unlocked") if self.works else (Outcome.FAILED, "jammed")


class CommandRig:
    """A service that dispatches and a node that obeys, on one broker."""

    def __init__(self, folder, address, *, key=None):
        trusted = Ed25519PrivateKey.generate()
        self.door = Door()
        self.now = CLOCK.now
        self.service = Session(
            address, client_id="service", clock=CLOCK, subscriptions=(topics.ALL_ACKS,)
        )
        self.node = Session(address, client_id="pi", clock=CLOCK, subscriptions=(TOPICS.command,))
        self.dispatch = Dispatch(self.service, Signer("town", key or trusted), CLOCK)
        seen = SeenCommands(folder / "seen.json", RealDisk(), CLOCK.now)
        seen.open()
        self.downlink = Downlink(
            self.node,
            TOPICS,
            Verifier({"town": trusted.public_key()}),
            self.door,
            seen,
            lambda: self.now(),  # noqa: PLW0108 - tests change it
        )
        self.ready = asyncio.Event()

    async def hear_acks(self):
        async for message in self.service.messages():
            self.dispatch.hear(message.payload)

    async def hear_commands(self):
        async for message in self.node.messages():
            await self.downlink.hear(message)

    def programs(self):
        return self.service.run(), self.node.run(), self.hear_acks(), self.hear_commands()

    async def unlock(self, *, lifetime=timedelta(seconds=10), device="door-1"):
        now = CLOCK.now()
        command = Command(
            f"id-{to_unix_us(now)}",
            device,
            Action.UNLOCK,
            now,
            now + lifetime,
            Actor(ActorKind.STAFF, "tanaka"),
            "forgot the key",
        )
        steps = []
        await self.dispatch.carry_out(NODE, command, on_ack=steps.append)
        return [step.outcome for step in steps], steps[-1].detail


def commanded(tmp_path, scenario, **options):
    async def main():
        async with broker(tmp_path) as address:
            rig = CommandRig(tmp_path, address, **options)
            async with running(*rig.programs()):
                await until(lambda: rig.service.connected and rig.node.connected)
                await asyncio.sleep(0.3)  # noqa: TID251 - the subscriptions
                await scenario(rig)

    asyncio.run(main())


def test_a_command_is_followed_from_acceptance_to_the_read_back(tmp_path):
    async def scenario(rig):
        outcomes, detail = await rig.unlock()
        assert outcomes == [Outcome.ACCEPTED, Outcome.EXECUTING, Outcome.VERIFIED]
        assert detail == "unlocked"

    commanded(tmp_path, scenario)


def test_a_bolt_that_does_not_move_is_a_failure_with_its_reason(tmp_path):
    async def scenario(rig):
        rig.door.works = False
        outcomes, detail = await rig.unlock()
        assert outcomes[-1] is Outcome.FAILED
        assert detail == "jammed"

    commanded(tmp_path, scenario)


def test_a_command_that_nobody_answers_expires(tmp_path):
    async def scenario(rig):
        rig.dispatch.hear = lambda _: None
        outcomes, _ = await rig.unlock(lifetime=timedelta(milliseconds=200))
        assert outcomes == [Outcome.EXPIRED]

    commanded(tmp_path, scenario)


def test_a_late_command_is_refused_and_nothing_moves(tmp_path):
    async def scenario(rig):
        rig.now = lambda: CLOCK.now() + timedelta(seconds=11)
        outcomes, detail = await rig.unlock()
        assert outcomes == [Outcome.REFUSED]
        assert "too late" in detail
        assert rig.door.opened == []

    commanded(tmp_path, scenario)


def test_without_the_time_nothing_is_carried_out(tmp_path):
    async def scenario(rig):
        rig.now = lambda: None
        outcomes, detail = await rig.unlock()
        assert outcomes == [Outcome.REFUSED]
        assert "does not know the time" in detail

    commanded(tmp_path, scenario)


def test_a_stranger_s_command_is_not_even_answered(tmp_path):
    async def scenario(rig):
        outcomes, _ = await rig.unlock(lifetime=timedelta(milliseconds=200))
        assert outcomes == [Outcome.EXPIRED]
        assert rig.door.opened == []

    commanded(tmp_path, scenario, key=Ed25519PrivateKey.generate())
