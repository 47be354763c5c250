"""A broker of our own, for one machine: mosquitto where it is installed, amqtt elsewhere.

Nothing of Kyoten's relies on what a broker keeps, so amqtt's forgetfulness does no harm; what it
lacks is speed (about a twentieth of mosquitto's messages) and MQTT 5.
"""

import asyncio
import ctypes
import getpass
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloud_sync.broker_address import BrokerAddress
from hardware.clock import Clock

START_WITHIN = 10.0  # seconds
STOP_WITHIN = 5.0  # seconds; then it is killed

_PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>

# Debian keeps mosquitto in a folder that is not on an ordinary user's PATH.
_SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


class BrokerFailedError(RuntimeError):
    """The broker did not start, or has ended by itself; the text says why."""


def find_mosquitto() -> str | None:
    """Give the path of mosquitto where it is installed."""
    return shutil.which("mosquitto", path=_SEARCH)


@asynccontextmanager
async def run_broker(
    host: str, port: int, *, folder: Path, clock: Clock, mosquitto: str | None
) -> AsyncIterator[tuple[BrokerAddress, str]]:
    """Run a broker that listens on one loopback address, without passwords.

    Args:
        host: address to listen on.
        port: port to listen on.
        folder: where its configuration and log may stand.
        clock: the time.
        mosquitto: the program, or None for amqtt in this process.

    Yields:
        How to reach it, and one line that says what it is.

    Raises:
        BrokerFailedError: it could not be started.
    """
    if mosquitto is None:
        async with _amqtt(host, port) as line:
            yield BrokerAddress(host, port, version="3.1.1"), line
    else:
        async with _mosquitto(mosquitto, host, port, folder, clock) as line:
            yield BrokerAddress(host, port), line


@asynccontextmanager
async def _mosquitto(
    program: str, host: str, port: int, folder: Path, clock: Clock
) -> AsyncIterator[str]:
    configuration = _write_configuration(folder, host, port)
    process = await asyncio.create_subprocess_exec(
        program,
        "-c",
        str(configuration),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
    )
    try:
        await _listening(host, port, process, clock, folder / "mosquitto.log")
        yield f"broker: mosquitto ({program}) on {host}:{port}, MQTT 5"
    finally:
        await _stop(process)


def _die_with_parent() -> None:
    """Between fork and exec: a broker whose keeper was killed must not hold on to the port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _write_configuration(folder: Path, host: str, port: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "mosquitto.conf"
    # As root it would change its user, and the kernel would forget whose child it is.
    user = f"user {getpass.getuser()}\n" if os.geteuid() == 0 else ""
    configuration.write_text(
        user + f"listener {port} {host}\nallow_anonymous true\npersistence false\n"
        f"log_dest file {folder / 'mosquitto.log'}\n"
    )
    return configuration


async def _listening(
    host: str, port: int, process: asyncio.subprocess.Process, clock: Clock, log_file: Path
) -> None:
    """Wait until the broker takes connections."""
    end = clock.monotonic() + START_WITHIN
    while clock.monotonic() < end and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await clock.sleep(0.05)
            continue
        writer.close()
        if process.returncode is None:
            return
    raise BrokerFailedError(
        f"mosquitto did not start on {host}:{port}; is the port in use? Its log is {log_file}"
    )


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _amqtt(host: str, port: int) -> AsyncIterator[str]:
    try:
        # Only where no mosquitto is: the import costs 20 MB, and the service does without it.
        from amqtt.broker import Broker  # noqa: PLC0415
        from amqtt.errors import AMQTTError  # noqa: PLC0415
    except ImportError:
        raise BrokerFailedError(
            "no broker: install mosquitto (apt install mosquitto) or the extra kyoten[demo]"
        ) from None
    for name in ("amqtt", "transitions"):  # both tell every packet and every state
        logging.getLogger(name).setLevel(logging.WARNING)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
        }
    )
    try:
        await broker.start()
    except (AMQTTError, OSError) as error:
        raise BrokerFailedError(
            f"amqtt did not start on {host}:{port}; is the port in use? {error}"
        ) from None
    try:
        yield f"broker: amqtt in process on {host}:{port}, MQTT 3.1.1 (no mosquitto installed)"
    finally:
        await broker.shutdown()
