"""The HTTP server: the one place that speaks uvicorn."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from hardware.errors import ConfigError

FINISH_WITHIN = 2  # seconds that answers under way get when the service stops
BACKLOG = 2048  # connections that wait to be taken


class HttpServer:
    """Serves an application on one socket. ``run`` returns after ``stop``."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._socket = listening
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=FINISH_WITHIN,
            )
        )

    async def run(self) -> None:
        """Serve until ``stop`` is called."""
        try:
            await self._server.serve(sockets=[self._socket])
        except asyncio.CancelledError:
            self._socket.close()
            raise

    def stop(self) -> None:
        """Take no more requests, and end ``run`` when those under way are answered."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """The program listens to signals by itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else is started.

    Raises:
        ConfigError: it cannot be had; the text says why.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(f"http: cannot listen on {host}:{port}: {error.strerror}") from None
