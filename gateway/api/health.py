"""Is the service well? For load balancers, for Prometheus, and for whoever was called at night."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from cloud_sync.stores.store import StoreError
from gateway.api.identity import Reader
from gateway.api.problems import documented
from gateway.api.service import Service, TheService
from gateway.ledger.errors import LedgerError
from gateway.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {}}, "description": "Prometheus text format."}
}

INGEST_SILENT = 180.0  # seconds; nodes send every 10, on a metered link every 60


class HealthOut(BaseModel):
    """What works. ``ingest_age`` is in seconds; null if nothing was heard since the start."""

    ok: bool
    store: bool
    ledger: bool
    broker: bool
    ingest_age: float | None


@router.get(
    "/healthz",
    operation_id="health",
    summary="Say whether the service is well",
    responses={503: {"model": HealthOut, "description": "Something does not work."}},
)
async def health(service: TheService, response: Response) -> HealthOut:
    """Read the store, try a write transaction in the ledger, look at the links.

    An ingest from which nothing was heard for long is unwell only if some node is connected: where
    nobody sends, there is nothing to store.
    """
    store, anybody = await run_in_threadpool(_store, service)
    ledger = await run_in_threadpool(_ledger, service)
    age = service.pulse.ingest_age()
    flows = not anybody or age is None or age < INGEST_SILENT
    ok = store and ledger and service.pulse.connected and flows
    response.status_code = 200 if ok else 503
    return HealthOut(
        ok=ok, store=store, ledger=ledger, broker=service.pulse.connected, ingest_age=age
    )


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Count what the service has done",
    response_class=Response,
    responses=_TEXT | documented(401, 403),
)
def metrics(service: TheService, who: Reader) -> Response:  # noqa: ARG001
    """Give the counters; a scraper shows a token with the scope ``read``."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE)


def _store(service: Service) -> tuple[bool, bool]:
    """Say whether the store can be read, and whether any node is connected."""
    try:
        return True, any(node.online for node in service.store.nodes())
    except StoreError:
        return False, False


def _ledger(service: Service) -> bool:
    try:
        service.ledger.probe()
    except LedgerError:
        return False
    return True
