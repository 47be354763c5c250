"""The whole demo as its user runs it: programs in processes of their own, and a client."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
from fakes.waiting import free_port

READY_WITHIN = 60.0  # seconds from the start to a board that moves
PATIENCE = 40.0  # seconds for anything else


class Demo:
    """A running demo and a signed-in client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self._process = None
        self._starts = 0
        self.output = folder.parent / "demo.out"

    def start(self) -> None:
        self._starts += 1
        command = [sys.executable, "-m", "kyoten", "demo", "--folder", str(self.folder)]
        environment = {**os.environ, "KYOTEN_HTTP": self.url.removeprefix("http://")}
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, env=environment, start_new_session=True
            )
        until(lambda: self.said().count("Ctrl-C") == self._starts, within=READY_WITHIN)

    def stop(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def pid(self, name: str) -> int:
        return int((self.folder / "run" / f"{name}.pid").read_text())

    def client(self) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=30)
        password = (self.folder / "sign-in.txt").read_text()
        until(lambda: client.post("/api/v1/session", json={"name": "staff", "password": password}))
        return client

    def tell(self, world: str, order: str) -> None:
        """Meddle with a virtual world, as the banner shows it."""
        command = [sys.executable, "-m", "kyoten", "tell", f"world/{world}.control", order]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def store(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.folder}/state/readings.db?mode=ro", uri=True)


def until(condition, *, within=PATIENCE):
    """Wait in real time for programs that are processes of their own."""
    end = time.monotonic() + within  # noqa: TID251
    while True:
        try:
            found = condition()
        except (OSError, httpx.HTTPError):
            found = None
        if found:
            return found
        assert time.monotonic() < end, "it did not happen in time"  # noqa: TID251
        time.sleep(0.1)  # noqa: TID251
