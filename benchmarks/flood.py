"""Publishes faster than any client library can, so that the receiver is what is measured.

Speaks just enough MQTT 3.1.1 over a bare socket: CONNECT, PUBLISH at QoS 1, and the counting of
PUBACKs. At most ``WINDOW`` messages are under way, as with any decent client.
"""

import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable
from types import TracebackType
from typing import Self

WINDOW = 500
_PUBACK_SIZE = 4


class Flood:
    """A publisher."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._packet = 0

    def __enter__(self) -> Self:
        body = _text(b"MQTT") + bytes((4, 2)) + struct.pack(">H", 0) + _text(b"flood")
        self._socket.sendall(_packet(0x10, body))
        self._receive(4)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.close()

    def publish(self, messages: Iterable[tuple[str, bytes]], *, retain: bool = False) -> None:
        """Publish all; return when the broker has them."""
        chunk, waiting = bytearray(), 0
        for topic, payload in messages:
            self._packet = self._packet % 65535 + 1
            body = _text(topic.encode()) + struct.pack(">H", self._packet) + payload
            chunk += _packet(0x33 if retain else 0x32, body)
            waiting += 1
            if waiting == WINDOW:
                self._exchange(chunk, waiting)
                chunk, waiting = bytearray(), 0
        self._exchange(chunk, waiting)

    def _exchange(self, chunk: bytes, count: int) -> None:
        self._socket.sendall(chunk)
        self._receive(count * _PUBACK_SIZE)

    def _receive(self, size: int) -> None:
        while size:
            got = len(self._socket.recv(min(size, 65536)))
            if not got:
                raise ConnectionError("the broker has closed the connection")
            size -= got


def bare_subscriber(port: int, messages: int) -> subprocess.Popen[bytes]:
    """Start a subscriber that throws everything away and ends after so many messages."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        raise SystemExit(
            "the benchmark needs mosquitto and mosquitto_sub: apt install mosquitto-clients"
        )
    words = [
        "-p",
        str(port),
        "-q",
        "1",
        "-t",
        "kyoten/1/+/+/up/+",
        "-C",
        str(messages),
        "-i",
        "bare",
    ]
    return subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)


def _text(octets: bytes) -> bytes:
    return struct.pack(">H", len(octets)) + octets


def _packet(kind: int, body: bytes) -> bytes:
    size, header = len(body), bytearray((kind,))
    while True:
        size, low = divmod(size, 128)
        header.append(low | 0x80 if size else low)
        if not size:
            return bytes(header) + body
