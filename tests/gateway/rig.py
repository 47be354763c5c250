"""A service to try things on: a real embedded store fed with real blocks, and real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from cloud_sync.birth import Birth
from cloud_sync.block import BlockId, Column, Dating, seal
from cloud_sync.channels import ChannelTable
from cloud_sync.stores.embedded import EmbeddedStore
from cloud_sync.stores.store import NodeKey, Received
from gateway.access import EVERY_SITE, Role, Scope
from gateway.app import create_app
from gateway.assembly import assemble
from gateway.config import Settings, read_settings
from gateway.ledger.accounts import Account
from gateway.ledger.ledger import Ledger, open_ledger
from gateway.server import HttpServer, listen
from hardware.clock import SystemClock, to_unix_us
from hardware.command import Ack, Command, Outcome
from hardware.place import Device, Node
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Trust, Value

CONFIG = Path(__file__).parent / "gateway.toml"
ORIGIN = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery"
SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday, noon in Japan


class _OverError(Exception):
    pass


async def a_moment() -> None:
    """Let threads get on."""
    await SystemClock("rig").sleep(0.01)


class RigClock:
    """A clock that stands at a given moment until it is moved; waiting takes real time."""

    boot = "rig"

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._real = SystemClock("rig")

    def now(self) -> datetime:
        return self.at

    def advance(self, span: timedelta) -> None:
        self.at += span

    def monotonic(self) -> float:
        return self.at.timestamp()

    def since_boot_us(self) -> int:
        return to_unix_us(self.at)

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


class RunningClock(RigClock):
    """A clock that starts at a given moment and runs."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._began = self._real.monotonic()

    def now(self) -> datetime:
        return self.at + SECOND * (self._real.monotonic() - self._began)

    def monotonic(self) -> float:
        return self._real.monotonic()


class Feed:
    """One node's readings, sealed into real blocks."""

    def __init__(self, store: EmbeddedStore, site: str, node: str) -> None:
        self._store = store
        self._key = NodeKey(site, node)
        self._devices: list[Device] = []
        self._table = ChannelTable()
        self._seq: dict[Lane, int] = {}
        self._latest = datetime(1970, 1, 1, tzinfo=UTC)

    def device(self, device: Device) -> None:
        """Describe a device; told with the next birth."""
        self._devices.append(device)

    def born(self, at: datetime, *, online: bool = True) -> Birth:
        """Tell the birth, and whether the broker has the node."""
        node = Node(self._key.site, self._key.node, tuple(self._devices))
        birth = Birth(node, "boot", b"epoch1", "machine", "0.1.0", 10.0, self._table)
        self._store.register(birth, at_us=to_unix_us(at))
        self._store.note_status(self._key, online=online, at_us=to_unix_us(at))
        return birth

    def say(
        self,
        device: str,
        quantity: str,
        *readings: tuple[datetime, Value],
        channel: str = "",
        trust: Trust = Trust.NTP,
    ) -> None:
        """Store readings of one series."""
        kind = QUANTITIES[quantity]
        step = Decimal(1) if kind.states else kind.step
        number = self._table.number(device, Measurement(kind, 0.0, channel, step))
        row = self._table.rows[number]
        self.born(readings[-1][0])
        seq = self._seq.get(kind.lane, 0)
        self._seq[kind.lane] = seq + 1
        column = Column(
            number,
            tuple(to_unix_us(at) for at, _ in readings),
            tuple(row.steps(value) for _, value in readings),
        )
        block = seal(
            BlockId(b"epoch1", kind.lane, seq),
            table=self._table.name,
            dating=Dating(0, trust),
            columns=[column],
        )
        at_us = to_unix_us(readings[-1][0]) + 300_000
        (kept,) = self._store.write([Received(self._key, kind.lane, block, at_us)])
        assert not kept.lanes[kind.lane].refused, kept


@dataclass
class ObedientNode:
    """Carries commands out in steps, as a node would; stands in for the wire."""

    steps: Sequence[tuple[Outcome, str]] = (
        (Outcome.ACCEPTED, ""),
        (Outcome.EXECUTING, ""),
        (Outcome.VERIFIED, ""),
    )
    pause: float = 0.0
    carried: list[tuple[NodeKey, Command]] = field(default_factory=list)
    clock: RigClock | None = None

    async def carry_out(
        self, node: NodeKey, command: Command, *, on_ack: Callable[[Ack], None]
    ) -> Ack:
        self.carried.append((node, command))
        for outcome, detail in self.steps:
            await SystemClock("rig").sleep(self.pause)
            at = command.issued_at if self.clock is None else self.clock.now()
            ack = Ack(command.id, outcome, at, detail)
            on_ack(ack)
        return ack


@dataclass
class Rig:
    """Everything at hand."""

    service: object
    app: object
    store: EmbeddedStore
    ledger: Ledger
    settings: Settings
    clock: RigClock
    node: ObedientNode
    url: str = ORIGIN

    def token(self, name: str, *scopes: Scope, sites: frozenset[str] = EVERY_SITE) -> dict:
        """Make a token; give the headers that show it."""
        token = self.ledger.accounts.add_token(name, scopes, sites, now=self.clock.now())
        return {"Authorization": f"Bearer {token}"}

    def account(self, name: str = "tanaka", sites: frozenset[str] = EVERY_SITE) -> None:
        """Make an account of staff."""
        hashed = self.service.passwords.hash(PASSWORD)
        account = Account(name, hashed, Role.STAFF, sites)
        self.ledger.accounts.add(account, now=self.clock.now())

    async def signed_in(
        self, client: httpx.AsyncClient, name: str = "tanaka", sites: frozenset[str] = EVERY_SITE
    ) -> httpx.AsyncClient:
        """Sign a browser in as a new member of staff."""
        self.account(name, sites)
        client.headers["Origin"] = self.url
        body = {"name": name, "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=body)
        assert answer.status_code == 201, answer.text
        return client


@asynccontextmanager
async def rig(
    folder: Path, clock: RigClock, *, url: str = ORIGIN, settings: Settings | None = None
) -> AsyncIterator[Rig]:
    """Put a service together, without the sockets."""
    settings = settings or read_settings(CONFIG)
    store = EmbeddedStore(folder / "readings.db")
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
    places = settings.places()
    ledger.bookings.know(places.atoms())
    node = ObedientNode(clock=clock)
    try:
        async with asyncio.TaskGroup() as tasks:
            service = assemble(
                public_url=url,
                places=places,
                store=store,
                ledger=ledger,
                carrier=node,
                connected=lambda: True,
                clock=clock,
                tasks=tasks,
            )
            yield Rig(service, create_app(service), store, ledger, settings, clock, node, url)
            raise _OverError
    except* _OverError:
        pass  # commands under way were cancelled, as when the service stops
    finally:
        ledger.close()
        store.close()


def client(of: Rig, **headers: str) -> httpx.AsyncClient:
    """Speak to the application without a socket."""
    transport = httpx.ASGITransport(app=of.app)
    return httpx.AsyncClient(transport=transport, base_url=of.url, headers=headers)


@asynccontextmanager
async def serving(folder: Path, clock: RigClock) -> AsyncIterator[Rig]:
    """Serve the rig over real HTTP, the board running."""
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with rig(folder, clock, url=url) as made, asyncio.TaskGroup() as tasks:
        server = HttpServer(made.app, listening)
        http = tasks.create_task(server.run())
        board = tasks.create_task(made.service.board.run())
        try:
            yield made
        finally:
            made.service.live.close()
            server.stop()
            await http
            board.cancel()


def play(
    folder: Path,
    scene: Callable[[Rig, httpx.AsyncClient], Coroutine[None, None, None]],
    *,
    clock: RigClock | None = None,
) -> None:
    """Play a scene with a rig and a browser that nobody has signed in at."""

    async def begin() -> None:
        async with rig(folder, clock or RigClock(NOON)) as made, client(made) as browser:
            await scene(made, browser)

    asyncio.run(begin())
