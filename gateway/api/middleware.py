"""Around every route: security headers, what is counted, bounded bodies, and our own errors."""

import logging
from collections.abc import Callable

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import problem
from gateway.metrics import Metrics

log = logging.getLogger(__name__)

_HEADERS = {
    # Our own files and nothing else: no inline script or style, nobody frames us.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


BODY = 64 * 1024  # bytes; the largest request, a booking, has one


class Surround:
    """ASGI middleware; passes streams through untouched."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, monotonic: Callable[[], float], https: bool
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._monotonic = monotonic
        self._headers = dict(_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; add headers to its answer and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # Static files say for themselves how long they keep; answers are never kept.
                if "etag" not in headers:
                    headers.setdefault("Cache-Control", "no-store")
                self._count(scope, message["status"], self._monotonic() - began)
            await send(message)

        try:
            await self._app(scope, _bounded(receive), answer)
        except Exception as error:
            log.error("%s %s", scope["method"], scope["path"], exc_info=error)
            if not started:
                await problem(500, "internal", "an error of ours; it is in the service's log")(
                    scope, receive, answer
                )

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count by the route's template: ids in a label would grow without end."""
        route = getattr(scope.get("route"), "path", "none")
        method = Request(scope).method if scope.get("route") is not None else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)


def _bounded(receive: Receive) -> Receive:
    """Refuse a body that is too long, however its length is given."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY:
            raise HTTPException(413, f"a request has at most {BODY} bytes")
        return message

    return bounded
