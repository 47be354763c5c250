"""Live updates as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from gateway.access import Principal
from gateway.api.identity import Reader, visible_site
from gateway.api.problems import RETRY_AFTER, Problem, documented
from gateway.api.service import Service, TheService

router = APIRouter(tags=["live"], prefix="/api/v1/live")

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`status` (StatusOut), `command` (CommandOut) and `beat` events, for ever.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "",
    operation_id="listenLive",
    summary="Listen to what happens",
    response_class=StreamingResponse,
    responses=_STREAM | documented(401, 403, 404, 503),
)
async def listen_live(
    service: TheService,
    who: Reader,
    site: Annotated[list[str] | None, Query(description="Only these sites.")] = None,
) -> StreamingResponse:
    """Give the status of each site now and whenever it changes, and each step of a command.

    The newest replaces what was not yet sent. The stream ends after a quarter of an hour, so that
    whoever listens says again who they are; browsers come back by themselves.
    """
    for one in site or ():
        visible_site(service, who, one)
    if service.live.full:
        raise Problem(503, "try-again", "too many listen already", headers=RETRY_AFTER)
    sites = None if site is None else frozenset(site)
    return StreamingResponse(
        _stream(service, who, sites),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    service: Service, who: Principal, sites: frozenset[str] | None
) -> AsyncIterator[bytes]:
    with service.live.listen(who, sites) as listener:
        async for octets in listener.stream():
            yield octets
