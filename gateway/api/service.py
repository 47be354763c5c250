"""What the routes work with; put together once by ``gateway.app``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from cloud_sync.stores.store import Store
from gateway.board import Board
from gateway.commander import Commander
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.metrics import Metrics
from gateway.passwords import Passwords, Throttle
from gateway.places import Places
from gateway.pulse import Pulse
from hardware.clock import Clock


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that the routes need.

    Attributes:
        public_url: the origin of our own pages.
        pulse: how the links to broker and ingest are.
    """

    public_url: str
    places: Places
    store: Store
    ledger: Ledger
    board: Board
    live: Live
    commander: Commander
    metrics: Metrics
    passwords: Passwords
    throttle: Throttle
    pulse: Pulse
    clock: Clock

    def now(self) -> datetime:
        """The time, aware."""
        return self.clock.now()


async def service_of(request: Request) -> Service:
    """Find the service that a request came to."""
    return cast("Service", request.app.state.service)


TheService = Annotated[Service, Depends(service_of)]
