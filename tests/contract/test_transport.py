"""What every transport promises, over a pseudo-terminal, a socket and pyserial's loop."""

import asyncio
import os
import pty
import threading
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from fakes.aio import run, until

from firmware_bridge.serial_port import SerialPort
from firmware_bridge.transport import LinkLost
from hardware.errors import ConfigError
from hardware.profile import Serial

LINE = Serial(baud=9600)
FAST = Serial(baud=256_000)  # a speed that has no constant of its own


class FarEnd:
    """The other end of a transport: where it is, what arrived there, and how it goes away."""

    def __init__(self, port: str) -> None:
        self.port = port
        self.arrived = bytearray()
        self.send: Callable[[bytes], None] = lambda _: None
        self.go_away: Callable[[], None] = lambda: None


@asynccontextmanager
async def pseudo_terminal() -> AsyncIterator[FarEnd]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    far, loop, open_ends = FarEnd(os.ttyname(slave)), asyncio.get_running_loop(), {master, slave}

    def go_away() -> None:
        loop.remove_reader(master)
        for end in sorted(open_ends):
            os.close(end)
        open_ends.clear()

    loop.add_reader(master, lambda: far.arrived.extend(os.read(master, 4096)))
    far.send = lambda octets: (os.write(master, octets), None)[1]
    far.go_away = go_away
    try:
        yield far
    finally:
        go_away()


@asynccontextmanager
async def socket() -> AsyncIterator[FarEnd]:
    far = FarEnd("")
    connected: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far.send = writer.write
        far.go_away = writer.close
        connected.put_nowait(writer)
        while octets := await reader.read(4096):
            far.arrived.extend(octets)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, number = server.sockets[0].getsockname()
    far.port = f"socket://{host}:{number}"
    try:
        yield far
    finally:
        server.close()
        while not connected.empty():
            connected.get_nowait().close()


FAR_ENDS = {"pty": pseudo_terminal, "socket": socket}
Kind = Callable[[], AbstractAsyncContextManager[FarEnd]]
each_far_end = pytest.mark.parametrize("kind", FAR_ENDS.values(), ids=FAR_ENDS)


async def read(port: SerialPort, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        octets += await port.read()
    return octets


@each_far_end
def test_bytes_come_and_go_whole_and_in_order(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, FAST)
            await port.open()
            everything = bytes(range(256)) * 4
            await port.write(everything)
            await until(lambda: len(far.arrived) == len(everything))
            assert far.arrived == everything
            for _ in range(3):
                far.send(everything)
                assert await read(port, len(everything)) == everything
            await port.close()

    run(scenario())


def test_a_loop_hands_back_what_was_written() -> None:
    async def scenario() -> None:
        port = SerialPort("loop://", LINE)
        await port.open()
        await port.write(b"\x00\xffabc")
        assert await read(port, 5) == b"\x00\xffabc"
        await port.close()

    run(scenario())


@each_far_end
def test_reading_that_is_cancelled_loses_nothing(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await port.read()
            await port.write(b"?")
            await until(lambda: far.arrived)
            far.send(b"answer")
            assert await read(port, 6) == b"answer"
            await port.close()

    run(scenario())


@each_far_end
def test_what_was_discarded_is_not_read(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            await port.write(b"?")
            await until(lambda: far.arrived)
            far.send(b"late")
            await until(lambda: port._held == b"late")
            port.discard()
            far.send(b"fresh")
            assert await read(port, 5) == b"fresh"
            await port.close()

    run(scenario())


@each_far_end
def test_a_far_end_that_goes_away_is_a_lost_link_after_its_last_bytes(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            await port.write(b"?")
            await until(lambda: far.arrived)
            far.send(b"last words")
            await until(lambda: port._held == b"last words")
            far.go_away()
            assert await read(port, 10) == b"last words"
            with pytest.raises(LinkLost, match=r"gone|unplugged") as lost:
                await port.read()
            assert far.port in str(lost.value)
            with pytest.raises(LinkLost):
                await port.write(b"hello?")
            await port.close()

    run(scenario())


@each_far_end
def test_closing_ends_the_thread_and_closing_again_does_no_harm(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            await port.close()
            await port.close()
            await until(lambda: far.port not in " ".join(t.name for t in threading.enumerate()))
            with pytest.raises(LinkLost, match="closed"):
                await port.read()
            with pytest.raises(LinkLost, match="closed"):
                await port.write(b"x")

    run(scenario())


@each_far_end
def test_closing_wakes_whoever_reads(kind: Kind) -> None:
    async def scenario() -> None:
        async with kind() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(_read_error(port))
                await port.close()
            assert "closed" in reading.result()

    run(scenario())


async def _read_error(port: SerialPort) -> str:
    with pytest.raises(LinkLost) as lost:
        await port.read()
    return str(lost.value)


def test_a_port_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = SerialPort(str(tmp_path / "ttyUSB0"), LINE)
        with pytest.raises(LinkLost, match=r"ttyUSB0: not there; is it plugged in"):
            await port.open()
        await port.close()

    run(scenario())


def test_a_port_that_another_has_open_is_in_use() -> None:
    async def scenario() -> None:
        async with pseudo_terminal() as far:
            first, second = SerialPort(far.port, LINE), SerialPort(far.port, LINE)
            await first.open()
            with pytest.raises(LinkLost, match="in use by another program"):
                await second.open()
            await first.close()
            await second.close()

    run(scenario())


def test_a_port_without_permission_says_which_group_helps(tmp_path: Path) -> None:
    file = tmp_path / "ttyAMA0"
    file.touch(mode=0)

    async def scenario() -> None:
        with as_nobody(), pytest.raises(LinkLost, match="add the user to the group dialout"):
            await SerialPort(str(file), LINE).open()

    run(scenario())


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may open everything; so become somebody else for a moment."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_socket_that_nobody_serves_is_a_lost_link() -> None:
    async def scenario() -> None:
        with pytest.raises(LinkLost, match=r"socket://127.0.0.1:1: .*refused"):
            await SerialPort("socket://127.0.0.1:1", LINE).open()

    run(scenario())


def test_a_port_that_can_never_be_opened_is_a_mistake_in_the_configuration() -> None:
    async def scenario() -> None:
        with pytest.raises(ConfigError, match="telnet"):
            await SerialPort("telnet://x", LINE).open()

    run(scenario())


def test_bytes_that_nobody_reads_are_bounded_and_the_newest_are_kept() -> None:
    async def scenario() -> None:
        async with socket() as far:
            port = SerialPort(far.port, LINE)
            await port.open()
            await port.write(b"?")
            await until(lambda: far.arrived)
            far.send(bytes(70_000) + b"newest")
            await until(lambda: port._held.endswith(b"newest"))
            assert len(port._held) == 65_536
            await port.close()

    run(scenario())
