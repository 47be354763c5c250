"""Live updates: one event in, every listener's own queue out; the newest wins.

A status is computed once and encoded once, however many listen. A listener that is slow loses what
was overtaken, never the latest, and never holds up anybody else.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.access import Principal, Scope

HEARTBEAT = 15.0  # seconds; proxies cut a silent connection after 30 to 60
LIFETIME = 900.0  # seconds; then the browser comes again and says anew who it is
LISTENERS = 5000  # 10 KB each; beyond it newcomers are told to come back later
WAITING = 64  # events of different topics; a listener so far behind will reload anyway

_BEAT = b": beat\nevent: beat\ndata: {}\n\n"  # the comment is for proxies, the event for the page


@dataclass(frozen=True, slots=True)
class Event:
    """Something new.

    Attributes:
        topic: a newer event of a topic replaces an older one that is still waiting.
        name: the event's name in the stream.
        site: only those who see this site hear it.
        bodies: JSON by what one must be allowed to hear it, most privileged first.
    """

    topic: str
    name: str
    site: str
    bodies: Sequence[tuple[Scope, bytes]]

    def body_for(self, who: Principal) -> bytes | None:
        """Give the JSON that somebody may see; None if it is not for them."""
        return next((body for scope, body in self.bodies if who.may(scope, self.site)), None)


class Listener:
    """One listener's queue."""

    def __init__(self, who: Principal, sites: frozenset[str] | None) -> None:
        self._who = who
        self._sites = sites
        self._waiting: dict[str, bytes] = {}
        self._woken = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """Take an event in place of an older one of its topic."""
        if self._sites is not None and event.site not in self._sites:
            return
        body = event.body_for(self._who)
        if body is None:
            return
        self._waiting.pop(event.topic, None)
        self._waiting[event.topic] = b"event: %s\ndata: %s\n\n" % (event.name.encode(), body)
        if len(self._waiting) > WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._woken.set()

    def close(self) -> None:
        """End the stream after what is waiting."""
        self._closed = True
        self._woken.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the stream's bytes until it is closed or has lived long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFETIME
        yield b"retry: 1000\n\n"
        while not self._closed and loop.time() < end:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._woken.wait()
            except TimeoutError:
                yield _BEAT
                continue
            self._woken.clear()
            while self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))


class Live:
    """Hands events to all who listen, and the kept ones to those who come later."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._kept: dict[str, Event] = {}
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @property
    def full(self) -> bool:
        """Whether as many listen as the service can serve."""
        return len(self._listeners) >= LISTENERS

    def publish(self, event: Event, *, keep: bool = False) -> None:
        """Hand out an event; a kept one is also the first that a newcomer hears of its topic."""
        if keep:
            self._kept[event.topic] = event
        for listener in self._listeners:
            listener.put(event)

    @contextmanager
    def listen(self, who: Principal, sites: frozenset[str] | None = None) -> Iterator[Listener]:
        """Listen to all sites that somebody sees, or to some of them. Ask ``full`` before."""
        listener = Listener(who, sites)
        for event in self._kept.values():
            listener.put(event)
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream, so that the service can stop."""
        self._closed = True
        for listener in self._listeners:
            listener.close()
