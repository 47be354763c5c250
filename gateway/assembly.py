"""The service, put together from the store, the ledger and the way to the nodes."""

import asyncio
from collections.abc import Callable

from pydantic import BaseModel

from cloud_sync.stores.store import Store
from gateway.access import Scope
from gateway.api.doors import command_out
from gateway.api.service import Service
from gateway.api.status import status_out
from gateway.board import Board, SiteStatus
from gateway.commander import Carrier, Commander
from gateway.ledger.commands import CommandRecord
from gateway.ledger.ledger import Ledger
from gateway.live import Event, Live
from gateway.metrics import Metrics
from gateway.passwords import Passwords, Throttle
from gateway.places import Places
from gateway.pulse import Pulse
from hardware.clock import Clock


def assemble(
    *,
    public_url: str,
    places: Places,
    store: Store,
    ledger: Ledger,
    carrier: Carrier,
    connected: Callable[[], bool],
    clock: Clock,
    tasks: asyncio.TaskGroup,
) -> Service:
    """Put the service together. Nothing runs yet but what ``tasks`` will be given.

    Args:
        public_url: the origin of our own pages.
        places: the sites that it answers for.
        store: where readings are.
        ledger: where everything else is.
        carrier: takes commands to nodes.
        connected: says whether there is a link to the broker.
        clock: the time.
        tasks: owns the commands under way.
    """
    live, metrics = Live(), Metrics()

    def encode(status: SiteStatus) -> Event:
        return _status_event(status, places)

    def step(record: CommandRecord) -> None:
        if record.ended:
            metrics.commands.labels(record.steps[-1].outcome.value).inc()
        live.publish(_command_event(record))

    board = Board(store, ledger.bookings, places, clock, live, encode=encode)
    pulse = Pulse(clock, connected=connected)
    metrics.watch("kyoten_listeners", "Live streams that are open.", lambda: live.listeners)
    metrics.watch("kyoten_statuses", "Times that a status was computed.", lambda: board.computed)
    metrics.watch(
        "kyoten_broker_connected", "1 while there is a link.", lambda: float(pulse.connected)
    )
    return Service(
        public_url=public_url,
        places=places,
        store=store,
        ledger=ledger,
        board=board,
        live=live,
        commander=Commander(carrier, ledger.commands, clock, tasks, on_step=step),
        metrics=metrics,
        passwords=Passwords(),
        throttle=Throttle(clock.monotonic),
        pulse=pulse,
        clock=clock,
    )


def _status_event(status: SiteStatus, places: Places) -> Event:
    """Encode a status once for those who may see names, and once for those who may not."""
    return Event(
        topic=f"status {status.site.id}",
        name="status",
        site=status.site.id,
        bodies=[
            (Scope.BOOK, _json(status_out(status, places, names=True))),
            (Scope.READ, _json(status_out(status, places, names=False))),
        ],
    )


def _command_event(record: CommandRecord) -> Event:
    return Event(
        topic=f"command {record.command.id}",
        name="command",
        site=record.node.site,
        bodies=[(Scope.DOOR, _json(command_out(record)))],
    )


def _json(shape: BaseModel) -> bytes:
    return shape.model_dump_json().encode()
