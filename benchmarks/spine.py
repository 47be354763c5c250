"""What the spine costs: ``make bench``. Every row is a ratio of two things measured in this run.

Times on a shared machine wander; two that are taken in turn wander together, so each ratio is the
median over several rounds. Nothing here asserts: tests do not time.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flood import Flood, bare_subscriber
from streams import DATED, as_json, blocks, readings

from cloud_sync import birth as births
from cloud_sync.birth import Birth
from cloud_sync.broker import find_mosquitto
from cloud_sync.topics import NodeTopics
from edge.channel_file import ChannelFile
from edge.disk import RealDisk
from edge.flash import Flash
from edge.journal import Journal, Settings, Storage
from edge.staging import Staging
from hardware.clock import SystemClock
from hardware.place import Node
from hardware.quantity import Lane

Row = tuple[str, float, str, str]
"""What is measured, the ratio, what it is a ratio of, and the figures behind it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows here, too")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *wire(),
            *edge(folder, options.rounds),
            *ingest(folder, options.rounds),
            *memory(folder),
        ]
    width = max(len(row[0]) for row in rows)
    for what, ratio, of, figures in rows:
        print(f"{what:<{width}}  {ratio:8.3f} × {of:<28} {figures}")
    if options.json:
        keys = ("what", "ratio", "of", "figures")
        text = json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1)
        options.json.write_text(text + "\n")


def wire() -> Iterator[Row]:
    """Bytes of a reading in a block, against the same reading as plain JSON."""
    sample = list(readings(600))
    plain = sum(len(as_json(reading)) + 1 for reading in sample) / len(sample)
    for interval in (1, 10, 60):
        _, sealed, count = blocks(600, interval=interval)
        packed = sum(map(len, sealed)) / count
        figures = f"{packed:.2f} B against {plain:.1f} B a reading"
        yield f"wire bytes, a block every {interval} s", packed / plain, "plain JSON", figures


def edge(folder: Path, rounds: int) -> Iterator[Row]:
    """Processor time of a reading from the sampler's hands into a sealed block on tmpfs."""
    sample = list(readings(600))
    kept, written = [], []
    for number in range(rounds):
        kept.append(_cpu(lambda n=number: _keep(_memory_folder(folder) / f"edge-{n}", sample)))
        written.append(_cpu(lambda n=number: _write_lines(folder / f"lines-{n}", sample)))
    ratio = statistics.median(a / b for a, b in zip(kept, written, strict=True))
    each = statistics.median(kept) / len(sample) * 1e6
    plain = statistics.median(written) / len(sample) * 1e6
    figures = f"{each:.2f} µs against {plain:.2f} µs a reading"
    yield "edge processor time, append and seal", ratio, "JSON line to a file", figures


def _keep(folder: Path, sample: list) -> None:
    for part in ("staging", "flash"):
        (folder / part).mkdir(parents=True)
    disk = RealDisk()
    journal = Journal(
        Storage(
            Staging(folder / "staging", disk),
            ChannelFile(folder / "staging" / "channels.json", disk, durable=False),
            Flash(folder / "flash", disk, quota=10**9),
            ChannelFile(folder / "flash" / "channels.json", disk, durable=True),
        ),
        clock=SystemClock("boot"),
        dating=lambda: DATED,
        settings=Settings(),
    )
    journal.open()
    for number, reading in enumerate(sample):
        journal.append(reading)
        if number % 284 == 283:  # ten seconds of this stream
            journal._seal(Lane.ENVIRONMENT)
            journal._seal(Lane.DIAGNOSTIC)
    shutil.rmtree(folder)


def _write_lines(file: Path, sample: list) -> None:
    with file.open("ab", buffering=0) as lines:
        for reading in sample:
            lines.write(as_json(reading) + b"\n")


def ingest(folder: Path, rounds: int) -> Iterator[Row]:
    """Readings a second through the whole ingest, against a subscriber that throws all away."""
    mosquitto = find_mosquitto()
    if mosquitto is None:
        raise SystemExit("the benchmark needs mosquitto and mosquitto_sub: apt install mosquitto")
    table, sealed, count = blocks(1000, interval=10)
    nodes = [NodeTopics("bench", f"node-{number}") for number in range(60)]
    messages = [(node.up(Lane.ENVIRONMENT), block) for block in sealed for node in nodes]
    total = count * len(nodes)
    born = [(node.birth, _birth(node, table)) for node in nodes]
    ours, bare = [], []
    for number in range(rounds):
        with _broker(folder, mosquitto) as port:
            bare.append(total / _bare(port, messages))
            ours.append(total / _ingest(folder / f"ingest-{number}", port, born, messages))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    figures = f"{_thousands(ours)} against {_thousands(bare)} readings/s, in blocks of 10 s"
    yield "ingest: decoded, stored, receipted", ratio, "mosquitto_sub > /dev/null", figures
    size = sum(file.stat().st_size for file in (folder / "ingest-0").iterdir())
    plain = sum(len(as_json(reading)) + 1 for reading in readings(1000)) * len(nodes)
    figures = f"{size / total:.2f} B against {plain / total:.1f} B a reading"
    yield "store file", size / plain, "plain JSON", figures


def _birth(node: NodeTopics, table) -> bytes:
    return births.write(
        Birth(Node(node.site, node.node, ()), "boot", b"bench!", "machine", "0", 10.0, table)
    )


def _bare(port: int, messages: list[tuple[str, bytes]]) -> float:
    subscriber = bare_subscriber(port, len(messages))
    time.sleep(0.5)
    began = time.perf_counter()
    with Flood(port) as flood:
        flood.publish(messages)
    subscriber.wait(120)
    return time.perf_counter() - began


def _ingest(
    folder: Path, port: int, born: list[tuple[str, bytes]], messages: list[tuple[str, bytes]]
) -> float:
    folder.mkdir()
    config = folder / "gateway.toml"
    config.write_text(
        f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[store]\npath = "store.db"\n'
        '[[site]]\nid = "bench"\nja = "計測"\nen = "Bench"\n'
        '[[site.space]]\nid = "room"\nja = "部屋"\nen = "Room"\nkind = "room"\n'
    )
    words = [sys.executable, "-m", "gateway", "ingest", "--config", str(config)]
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(words, stderr=log)
    try:
        with Flood(port) as flood:
            flood.publish(born, retain=True)
            _until(lambda: _rows(folder, "table_name"))
            began = time.perf_counter()
            flood.publish(messages)
            _until(lambda: _rows(folder, "block") == len(messages))
            return time.perf_counter() - began
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(30)


def _rows(folder: Path, table: str) -> int:
    try:
        with sqlite3.connect(f"file:{folder}/store.db?mode=ro", uri=True) as store:
            return store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.Error:
        return 0


def memory(folder: Path) -> Iterator[Row]:
    """Memory of each of the demo's programs after twenty seconds, against a bare interpreter."""
    environment = {**os.environ, "KYOTEN_HTTP": "127.0.0.1:18999"}
    words = [sys.executable, "-m", "kyoten", "demo", "--folder", str(folder / "demo")]
    bare = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    demo = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
    try:
        time.sleep(20)
        least = _resident(bare.pid)
        for file in sorted((folder / "demo" / "run").glob("*.pid")):
            held = _resident(int(file.read_text()))
            figures = f"{held / 1e6:.0f} MB against {least / 1e6:.0f} MB"
            yield f"memory of {file.stem}", held / least, "a bare interpreter", figures
    finally:
        bare.kill()
        bare.wait()
        demo.send_signal(signal.SIGINT)
        demo.wait(30)


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _broker(folder: Path, mosquitto: str) -> Iterator[int]:
    port = 18998
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    broker = subprocess.Popen([mosquitto, "-c", str(config)], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield port
    finally:
        broker.terminate()
        broker.wait(10)


def _memory_folder(folder: Path) -> Path:
    memory = Path("/dev/shm")
    return memory / folder.name if memory.is_dir() else folder


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the ingest did not take everything within two minutes")
        time.sleep(0.02)


def _thousands(rates: list[float]) -> str:
    return f"{statistics.median(rates) / 1000:.0f} k"


if __name__ == "__main__":
    main()
