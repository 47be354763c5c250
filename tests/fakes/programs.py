"""A site of one node, each program in a process of its own, configured by the test."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
from fakes.demo import until
from fakes.waiting import free_port

_GATEWAY = """
[http]
port = {http}
public_url = "http://127.0.0.1:{http}"
[broker]
url = "mqtt://127.0.0.1:{mqtt}?version=3.1.1"
[[site]]
id = "hall"
ja = "公民館"
en = "Hall"
[[site.space]]
id = "room"
ja = "部屋"
en = "Room"
kind = "room"
"""

_EDGE = """
[node]
site = "hall"
id = "pi"
state = "state"
staging = "staging"
[broker]
url = "mqtt://127.0.0.1:{mqtt}?version=3.1.1"
[journal]
interval = 1.0
window = 1.0
"""


class Site:
    """Broker, ingest, service and one agent in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._http, self._mqtt = free_port(), free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, edge: str) -> None:
        """Start everything; ``edge`` is the rest of ``edge.toml``."""
        (self.folder / "gateway.toml").write_text(
            _GATEWAY.format(http=self._http, mqtt=self._mqtt), encoding="utf-8"
        )
        (self.folder / "edge.toml").write_text(
            _EDGE.format(mqtt=self._mqtt) + edge, encoding="utf-8"
        )
        made = ["account", "add", "staff", "--role", "staff", "--config", "gateway.toml"]
        subprocess.run(
            [sys.executable, "-m", "kyoten", *made],
            cwd=self.folder,
            check=True,
            input=b"pass words are long",
            capture_output=True,
        )
        self.run("broker", f"127.0.0.1:{self._mqtt}", "broker")
        self.run("ingest", "--config", "gateway.toml")
        self.run("serve", "--config", "gateway.toml")
        self.run("agent", "--config", "edge.toml")

    def run(self, program: str, *words: str) -> None:
        with (self.folder / f"{program}.log").open("ab") as log:
            self._running[program] = subprocess.Popen(
                [sys.executable, "-m", "kyoten", program, *words],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        for process in reversed(self._running.values()):
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            process.wait(20)

    def client(self) -> httpx.Client:
        url = f"http://127.0.0.1:{self._http}"
        client = httpx.Client(base_url=url, headers={"Origin": url}, timeout=30)
        credentials = {"name": "staff", "password": "pass words are long"}
        until(lambda: client.post("/api/v1/session", json=credentials).status_code == 201)
        return client
