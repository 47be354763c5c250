"""Serial ports: the only file that knows pyserial.

One thread per open port opens it, reads it and closes it, so that a port that hangs hangs nobody
else. Its last line is the crossing into the event loop.
"""

import asyncio
import errno
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import serial

from firmware_bridge.transport import LinkLost
from hardware.errors import ConfigError
from hardware.profile import Serial

_OPENING = 10.0  # seconds; rfc2217:// negotiates for some, a tty opens at once
_WRITING = 2.0  # seconds; 200 bytes at 9600 baud take 0.2
_CLOSING = 4.0  # seconds; a write may have to end first, and socket:// waits 0.3 after its close
_LOOK = 0.2  # seconds between looks at whether to stop; pyserial cannot interrupt every read
_HELD = 65_536  # bytes that may wait to be read; older ones give way, and the framer notices
_CHUNK = 4096

_PARITIES = {"none": "N", "even": "E", "odd": "O"}
_ADVICE = {
    errno.ENOENT: "not there; is it plugged in, and is the name one of /dev/serial/by-id?",
    errno.EACCES: "no permission; add the user to the group dialout",
    errno.EPERM: "no permission; add the user to the group dialout",
    errno.EBUSY: "in use by another program",
    errno.EAGAIN: "in use by another program",  # what a lock says that is held
    errno.EIO: "unplugged",
    errno.ENXIO: "unplugged",
    errno.ENODEV: "unplugged",
}


class SerialPort:
    """A port by path (``/dev/…``) or pyserial URL (``socket://``, ``rfc2217://``, ``loop://``).

    Satisfies ``transport.Transport``. The port is taken for us alone where the system can do that.
    """

    def __init__(self, port: str, settings: Serial) -> None:
        self._port = port
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._wake = asyncio.Event()

        self._state = threading.Lock()  # guards what thread and loop both touch:
        self._held = bytearray()
        self._failure: LinkLost | ConfigError | None = None
        self._opened = False
        self._ended = False
        self._crossing = False

        self._using = threading.Lock()  # held while the port is written to or closed
        self._serial: Any = None

    async def open(self) -> None:
        """Open the port.

        Raises:
            LinkLost: it cannot be opened now; the text says why and what to do.
            ConfigError: no such port can ever be opened.
        """
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name=f"serial {self._port}", daemon=True).start()
        try:
            async with asyncio.timeout(_OPENING):
                await self._until(lambda: self._opened or self._ended)
        except BaseException as error:
            self._stop.set()  # the thread closes the port when it has it at last
            if isinstance(error, TimeoutError):
                raise LinkLost(f"{self._port}: did not open in {_OPENING:g} s") from None
            raise
        if self._failure is not None:
            raise self._failure

    async def read(self) -> bytes:
        """Wait for bytes and give all that are there. Cancelling loses none.

        Raises:
            LinkLost: the port is gone.
        """
        await self._until(lambda: bool(self._held) or self._ended)
        with self._state:
            octets = bytes(self._held)
            self._held.clear()
        if octets:
            return octets
        raise self._failure or LinkLost(f"{self._port}: closed")

    async def write(self, octets: bytes) -> None:
        """Hand bytes to the port.

        Raises:
            LinkLost: it does not take them.
        """
        assert self._loop is not None, "open() comes first"
        await self._loop.run_in_executor(None, self._write, octets)

    def discard(self) -> None:
        """Forget what has come and was not read."""
        with self._state:
            self._held.clear()

    async def close(self) -> None:
        """Close the port. A port that hangs is left to its thread, which ends with the process."""
        self._stop.set()
        if self._loop is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self._until(lambda: self._ended)

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._wake.clear()
            await self._wake.wait()

    def _write(self, octets: bytes) -> None:
        with self._using:
            if self._serial is None:
                raise self._failure or LinkLost(f"{self._port}: closed")
            try:
                self._serial.write(octets)
            except serial.SerialTimeoutException:
                text = f"{self._port}: {len(octets)} bytes were not taken in {_WRITING:g} s"
                raise LinkLost(text) from None
            except OSError as error:
                raise self._link_lost(error) from error

    # In the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._serial = self._opened_port()
            self._tell(opened=True)
            while not self._stop.is_set():
                octets = self._serial.read(1)
                if octets:
                    octets += self._serial.read(min(self._serial.in_waiting, _CHUNK))
                    self._tell(octets)
        except (OSError, termios.error) as error:
            self._failure = self._link_lost(error)
        except ValueError as error:
            self._failure = ConfigError(f"{self._port}: {error}")
        finally:
            with self._using:
                port, self._serial = self._serial, None
                if port is not None:
                    with suppress(OSError):
                        port.close()
            self._tell(ended=True)

    def _opened_port(self) -> Any:
        port = serial.serial_for_url(
            self._port,
            do_not_open=True,
            baudrate=self._settings.baud,
            parity=_PARITIES[self._settings.parity],
            timeout=_LOOK,
            write_timeout=_WRITING,
            exclusive=None if "://" in self._port else True,
        )
        port.open()
        return port

    def _link_lost(self, error: Exception) -> LinkLost:
        code = error.errno if isinstance(error, OSError) else None
        otherwise = f"gone ({error})" if self._opened else str(error)
        return LinkLost(f"{self._port}: {_ADVICE.get(code or 0, otherwise)}")

    def _tell(self, octets: bytes = b"", *, opened: bool = False, ended: bool = False) -> None:
        with self._state:
            self._held += octets
            del self._held[:-_HELD]
            self._opened |= opened
            self._ended |= ended
            if self._crossing:
                return  # the loop has not looked yet, and will see this too
            self._crossing = True
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._arrive)

    def _arrive(self) -> None:
        with self._state:
            self._crossing = False
        self._wake.set()
