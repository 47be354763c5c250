"""One MQTT session that heals: the only file that speaks paho.

paho carries packets and nothing more. Ours are the queue in front of it, the window of what is
under way, the pauses between attempts, and the decision that a broker's word proves nothing: a
publish that returns has reached the broker, not the store.

Each connection gets a new paho client, so that no state of a dead one lingers. paho's thread ends
here: its callbacks cross into the event loop and do nothing else.
"""

import asyncio
import logging
import random
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud_sync.broker_address import BrokerAddress
from hardware.clock import Clock

log = logging.getLogger(__name__)

FIRST_RETRY = 1.0  # seconds
LAST_RETRY = 60.0  # seconds; a returning broker has its fleet back within a minute
STEADY_AFTER = 30.0  # seconds; a broker that throws us out sooner does not reset the pause
CONNECT_WITHIN = 10.0  # seconds from the TCP connection to the broker's word
PUBLISH_WITHIN = 30.0  # seconds; a link that cannot carry one message in this time is no link
KEEPALIVE = 20  # seconds; a half-open link is noticed after one and a half times this
INBOX = 10_000  # messages; beyond it paho's thread waits, and TCP holds the broker back


class Offline(ConnectionError):
    """There is no session now, or it ended before the broker had the message: try again later."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker shall say when this session dies."""

    topic: str
    payload: bytes


class Session:
    """Keeps one connection to the broker, for as long as ``run`` runs.

    ``on_connect`` is called in the event loop after each new connection, when the subscriptions are
    made. ``messages`` gives what arrives, to one consumer.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        *,
        client_id: str,
        clock: Clock,
        subscriptions: tuple[str, ...] = (),
        will: Will | None = None,
        on_connect: Callable[[], None] = lambda: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._broker = broker
        self._client_id = client_id
        self._clock = clock
        self._subscriptions = subscriptions
        self._will = will
        self._on_connect = on_connect
        self._jitter = jitter
        self._connection: _Connection | None = None
        self._inbox = _Inbox()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and has not been lost since."""
        return self._connection is not None

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        pause = FIRST_RETRY
        while True:
            began = self._clock.monotonic()
            try:
                await self._connect_once()
            except Offline as error:
                log.warning("broker %s: %s", self._broker, error)
            if self._clock.monotonic() - began >= STEADY_AFTER:
                pause = FIRST_RETRY
            # Full jitter over the upper half: a fleet that was thrown out together comes back
            # apart.
            await self._clock.sleep(pause * (0.5 + 0.5 * self._jitter()))
            pause = min(pause * 2, LAST_RETRY)

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry: int | None = None,
    ) -> None:
        """Hand a message to the broker; return when it has it (QoS 1) or it is under way (QoS 0).

        Args:
            topic: where to.
            payload: what.
            qos: 0 or 1.
            retain: whether the broker shall keep it for those who come later.
            expiry: seconds after which an MQTT 5 broker shall drop it; older brokers ignore it.

        Raises:
            Offline: there is no session, or it ended first; the broker may or may not have it.
        """
        connection = self._connection
        if connection is None:
            raise Offline("no session with the broker")
        await connection.publish(topic, payload, qos=qos, retain=retain, expiry=expiry)

    def messages(self) -> AsyncIterator[Message]:
        """Give messages as they come, for ever. One consumer only."""
        return self._inbox.messages()

    async def _connect_once(self) -> None:
        connection = _Connection(self._broker, self._client_id, self._will, self._inbox)
        try:
            await connection.open(self._subscriptions)
            self._connection = connection
            log.info("broker %s: connected", self._broker)
            self._on_connect()
            await connection.lost.wait()
            raise Offline(connection.reason)
        finally:
            self._connection = None
            await connection.close()


class _Inbox:
    """Messages on their way from paho's thread into the loop; bounded."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._room = threading.Semaphore(INBOX)
        self._arrived = asyncio.Event()

    async def messages(self) -> AsyncIterator[Message]:
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                self._room.release()
                yield message
            self._arrived.clear()
            await self._arrived.wait()

    def put(self, message: Message, *, closed: threading.Event, wake: Callable[..., Any]) -> None:
        """Called in paho's thread: wait for room, leave the message, wake the loop."""
        while not self._room.acquire(timeout=0.2):
            if closed.is_set():
                return
        self._waiting.append(message)
        if len(self._waiting) == 1 or not self._arrived.is_set():
            wake(self._arrived.set)


class _Connection:
    """One connection of one paho client, from connect to loss."""

    def __init__(
        self, broker: BrokerAddress, client_id: str, will: Will | None, inbox: _Inbox
    ) -> None:
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._inbox = inbox
        self._closed = threading.Event()
        self._under_way: dict[int, asyncio.Future[None]] = {}
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self.lost = asyncio.Event()
        self.reason = "the connection was lost"
        self._client = self._make_client(client_id, will)

    async def open(self, subscriptions: tuple[str, ...]) -> None:
        try:
            await asyncio.to_thread(
                self._client.connect, self._broker.host, self._broker.port, KEEPALIVE
            )
        except (OSError, ValueError) as error:
            raise Offline(f"cannot connect: {error}") from None
        self._client.loop_start()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._accepted
        except TimeoutError:
            raise Offline(f"no answer within {CONNECT_WITHIN:.0f} s") from None
        if subscriptions:
            self._client.subscribe([(topic, 1) for topic in subscriptions])

    async def publish(
        self, topic: str, payload: bytes, *, qos: int, retain: bool, expiry: int | None
    ) -> None:
        info = self._client.publish(topic, payload, qos, retain, self._publish_properties(expiry))
        if qos == 0:
            return
        done = self._under_way[info.mid] = self._loop.create_future()
        if self.lost.is_set():
            done.set_exception(Offline(self.reason))
        try:
            async with asyncio.timeout(PUBLISH_WITHIN):
                await done
        except TimeoutError:
            raise Offline(f"the broker did not take a message in {PUBLISH_WITHIN:.0f} s") from None
        finally:
            self._under_way.pop(info.mid, None)

    async def close(self) -> None:
        self._closed.set()
        self._client.disconnect()
        await asyncio.shield(asyncio.to_thread(self._client.loop_stop))

    def _make_client(self, client_id: str, will: Will | None) -> paho.Client:
        version = paho.MQTTv5 if self._broker.version == "5" else paho.MQTTv311
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=version, reconnect_on_failure=False
        )
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(self._broker.tls_context())
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _publish_properties(self, expiry: int | None) -> Properties | None:
        if expiry is None or self._broker.version != "5":
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = expiry
        return properties

    # In paho's thread: cross into the loop, and nothing else ------------------------------------

    def _cross(self, callback: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        self._cross(self._accept, reason.is_failure, str(reason))

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        self._cross(self._lose, str(reason))

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: ReasonCode, _p: Any) -> None:
        self._cross(self._publish_done, mid, str(reason) if reason.is_failure else None)

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        came = Message(message.topic, bytes(message.payload), message.retain)
        self._inbox.put(came, closed=self._closed, wake=self._cross)

    # In the loop --------------------------------------------------------------------------------

    def _accept(self, refused: bool, reason: str) -> None:
        if self._accepted.done():
            return
        if refused:
            self._accepted.set_exception(Offline(f"the broker refuses us: {reason}"))
        else:
            self._accepted.set_result(None)

    def _lose(self, reason: str) -> None:
        self.reason = f"the connection was lost: {reason}"
        self.lost.set()
        if not self._accepted.done():
            self._accepted.set_exception(Offline(self.reason))
        for done in self._under_way.values():
            if not done.done():
                done.set_exception(Offline(self.reason))

    def _publish_done(self, mid: int, failure: str | None) -> None:
        done = self._under_way.get(mid)
        if done is None or done.done():
            return
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(Offline(f"the broker refuses the message: {failure}"))
