"""``kyoten demo``: sets everything up in one folder, runs it, and says what to look at."""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from cloud_sync.broker import find_mosquitto
from hardware.clock import Clock
from hardware.errors import ConfigError
from kyoten.demo.files import ACCOUNT, Folder, prepare
from kyoten.demo.processes import Program, Supervisor
from kyoten.demo.sites import DemoSite, demo_sites
from kyoten.programs import run_until_stopped, system_clock

READY_WITHIN = 60.0  # seconds
_DEFAULT_HTTP = "127.0.0.1:8080"

_BANNER = """
  Kyoten 拠点 demo. All readings are simulated (模擬データ).

  Board      {url}/
  Sign in    {account}  /  {password}
  API        {url}/api/v1/docs
  Broker     127.0.0.1:{broker_port} ({broker})
  State      {folder}  (a second run keeps the data; make clean removes it)

  Try
    on the board: open the front door of 日向公民館, and see the bolt being read back
    on the board: book 会議室, then book the same hour again
    {tell}/meeting.control '{{"people": 12}}'
    {tell}/hall.control '{{"device": "co2-hall", "fault": "gone"}}'
    {tell}/hall.control '{{"device": "door-front", "jam": true}}'
    {tell}/station.control '{{"weather": "snow"}}'
    kill -9 any of these; it is started again, and nothing that was receipted is lost:
      {pids}

  Ctrl-C stops everything.
"""


def demo(words: Sequence[str]) -> int:
    """Run the demo until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="kyoten demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where state is kept")
    options = parser.parse_args(words)
    folder, sites = Folder(options.folder.resolve()), demo_sites()
    try:
        host, port = _address(os.environ.get("KYOTEN_HTTP", _DEFAULT_HTTP))
        broker_port = _free_port()
        version = "5" if find_mosquitto() else "3.1.1"
        broker = f"mqtt://127.0.0.1:{broker_port}?version={version}"
        prepare(folder, sites, host=host, port=port, broker=broker)
        _make_account(folder)
    except (ConfigError, OSError) as error:
        print(f"kyoten demo: {error}", file=sys.stderr)
        return 1
    print(
        "Kyoten demo: broker, virtual devices, ingest, service and two agents start …", flush=True
    )
    run_until_stopped(_run(folder, sites, f"http://{host}:{port}", broker_port, system_clock()))
    print("\nStopped. The data is kept for the next run.", flush=True)
    return 0


def _address(text: str) -> tuple[str, int]:
    """Read KYOTEN_HTTP, and make sure that the port is ours to take."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"KYOTEN_HTTP: {text!r} is not host:port, like {_DEFAULT_HTTP}")
    try:
        with socket.create_server((host.strip("[]"), int(port))):
            return host.strip("[]"), int(port)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {text}: {error.strerror}; choose another: KYOTEN_HTTP=127.0.0.1:8081"
        ) from None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _make_account(folder: Folder) -> None:
    """Make the account with which to sign in, in the first run."""
    if (folder.path / "state" / "ledger.db").exists():
        return
    config = str(folder.config("gateway.toml"))
    words = ["account", "add", ACCOUNT, "--role", "staff", "--config", config]
    made = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "kyoten", *words],
        input=folder.password.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ConfigError(f"cannot make the account: {made.stderr}{made.stdout}")


async def _run(
    folder: Folder, sites: list[DemoSite], url: str, broker_port: int, clock: Clock
) -> None:
    supervisor = Supervisor(_programs(folder, sites, broker_port), folder.path, clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervisor.run())
        if not await _ready(url, clock):
            print(f"  the service does not answer; see {folder.log('service')}", flush=True)
        print(
            _BANNER.format(
                url=url,
                account=ACCOUNT,
                password=folder.password.read_text(encoding="utf-8"),
                broker_port=broker_port,
                broker="mosquitto" if find_mosquitto() else "amqtt in process",
                folder=folder.path,
                tell=f".venv/bin/kyoten tell {folder.shown}/world",
                pids="  ".join(f"{name} {pid}" for name, pid in supervisor.pids.items()),
            ),
            flush=True,
        )


def _programs(folder: Folder, sites: list[DemoSite], broker_port: int) -> list[Program]:
    def program(name: str, *words: str) -> Program:
        return Program(name, words, folder.log(name))

    gateway = ("--config", "config/gateway.toml")
    return [
        program("broker", "broker", f"127.0.0.1:{broker_port}", "run/broker"),
        *(program(f"world-{site.node}", "world", f"config/world-{site.id}.json") for site in sites),
        program("ingest", "ingest", *gateway),
        program("service", "serve", *gateway),
        *(
            program(f"agent-{site.node}", "agent", "--config", f"config/edge-{site.id}.toml")
            for site in sites
        ),
    ]


async def _ready(url: str, clock: Clock) -> bool:
    end = clock.monotonic() + READY_WITHIN
    while clock.monotonic() < end:
        if await asyncio.to_thread(_answers, f"{url}/healthz"):
            return True
        await clock.sleep(0.25)
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own service
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
