"""The HTTP service as a program: everything that runs, on one screen."""

import asyncio
import logging
import secrets

from cloud_sync import topics
from cloud_sync.dispatch import Dispatch
from cloud_sync.envelope import Signer
from cloud_sync.receipt import BadMessageError
from cloud_sync.session import Message, Session
from cloud_sync.stores.store import Store
from gateway.api.service import Service
from gateway.app import create_app
from gateway.assembly import assemble
from gateway.config import Settings
from gateway.ledger.ledger import Ledger
from gateway.server import HttpServer, listen
from gateway.signing import signing_key
from hardware.clock import Clock

log = logging.getLogger(__name__)

SUBSCRIPTIONS = (topics.ALL_BIRTHS, topics.ALL_STATUS, topics.ALL_RECEIPTS, topics.ALL_ACKS)

# Seconds. The ingest writes a birth or a status while we hear of it: a second look finds what the
# first may have come too early for.
SECOND_LOOK = 1.0


class _StopWanted(Exception):
    """The operator wants the program to end."""


async def serve(
    settings: Settings, store: Store, ledger: Ledger, clock: Clock, stop: asyncio.Event
) -> None:
    """Serve until ``stop`` is set.

    Raises:
        ConfigError: something in the configuration must be changed first.
    """
    # First of all: a second service that cannot have the address must not touch the first one's
    # commands.
    listening = listen(settings.http.host, settings.http.port)
    places = settings.places()
    signer = Signer(settings.signing.key_id, signing_key(settings.signing.key_file))
    ledger.bookings.know(places.atoms())
    for command in ledger.commands.end_unfinished(now=clock.now()):
        log.warning("command %s: left open by an earlier run; its outcome is not known", command)
    session = Session(
        settings.broker.address(),
        client_id=f"kyoten-serve-{secrets.token_hex(4)}",  # 21 characters; MQTT 3.1.1 allows 23
        clock=clock,
        subscriptions=SUBSCRIPTIONS,
    )
    dispatch = Dispatch(session, signer, clock)
    try:
        async with asyncio.TaskGroup() as tasks:
            service = assemble(
                public_url=settings.http.origin,
                places=places,
                store=store,
                ledger=ledger,
                carrier=dispatch,
                connected=lambda: session.connected,
                clock=clock,
                tasks=tasks,
            )
            server = HttpServer(create_app(service), listening)
            tasks.create_task(session.run(), name="session")
            tasks.create_task(hear_all(session, dispatch, service), name="hear")
            tasks.create_task(service.board.run(), name="board")
            http = tasks.create_task(server.run(), name="http")
            log.info("serving %s", settings.http.origin)
            await stop.wait()
            service.live.close()
            server.stop()
            await http
            raise _StopWanted
    except* _StopWanted:
        log.info("stopped")


async def hear_all(session: Session, dispatch: Dispatch, service: Service) -> None:
    """Take what the broker brings to whom it concerns."""
    async for message in session.messages():
        try:
            hear(message, dispatch, service)
        except BadMessageError as error:
            log.warning("%s: dropped: %s", message.topic, error)


def hear(message: Message, dispatch: Dispatch, service: Service) -> None:
    """Take one message to whom it concerns.

    Raises:
        BadMessageError: it does not follow the wire's specification.
    """
    address = topics.read(message.topic)
    if address is None:
        return
    service.board.touch(address.site)
    match address.what:
        case "receipt":
            service.pulse.receipt_heard()
        case "ack":
            dispatch.hear(message.payload)
        case "birth" | "status":
            loop = asyncio.get_running_loop()
            loop.call_later(SECOND_LOOK, service.board.touch, address.site)
