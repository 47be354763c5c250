"""The ingest as a program: readings from the broker into the store, receipts back."""

import asyncio
import logging
import secrets

from cloud_sync.broker_address import BrokerAddress
from cloud_sync.ingest import SUBSCRIPTIONS, Ingest
from cloud_sync.session import Session
from cloud_sync.stores.store import Store
from hardware.clock import Clock

log = logging.getLogger(__name__)


class _StopWanted(Exception):
    """The operator wants the program to end."""


async def ingest(broker: BrokerAddress, store: Store, clock: Clock, stop: asyncio.Event) -> None:
    """Take readings until ``stop`` is set. What is not receipted when it ends is sent again."""
    session = Session(
        broker,
        client_id=f"kyoten-ingest-{secrets.token_hex(4)}",  # 22 characters; MQTT 3.1.1 allows 23
        clock=clock,
        subscriptions=SUBSCRIPTIONS,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run(), name="session")
            tasks.create_task(Ingest(session, store, clock).run(), name="ingest")
            log.info("taking readings from %s", broker)
            await stop.wait()
            raise _StopWanted
    except* _StopWanted:
        log.info("stopped")
