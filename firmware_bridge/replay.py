"""Captured bytes, sent once more: what a port or an adapter heard is heard again.

They enter at the door, as bytes, and pass everything that live ones do.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from firmware_bridge.transport import Transport
from firmware_bridge.virtual.radio_events import company, report, service
from hardware.clock import Clock
from hardware.errors import ConfigError


def captured(file: Path) -> Iterator[bytes]:
    """Read what was captured, in order.

    ``.jsonl`` holds an HCI event (``hci_hex``) or a frame (``hex``) in each line; ``.toml`` is a
    file of ``tests/captures``, whose advertisements become the HCI events that tell them.

    Raises:
        ConfigError: the file holds no bytes.
    """
    if file.suffix == ".jsonl":
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            yield _of_record(json.loads(line), f"{file.name}, line {number}")
    else:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        for number, entry in enumerate(table.get("capture", ()), start=1):
            yield _of_capture(entry, f"{file.name}, capture {number}")


async def replay(chunks: Iterable[bytes], to: Transport, clock: Clock, *, every: float) -> None:
    """Send each chunk after a pause of ``every`` seconds."""
    for chunk in chunks:
        await clock.sleep(every)
        await to.write(chunk)


def _of_record(record: Mapping[str, Any], where: str) -> bytes:
    text = record.get("hci_hex") or record.get("hex")
    if not isinstance(text, str):
        raise ConfigError(f"{where}: neither hci_hex nor hex; nothing to replay")
    return bytes.fromhex(text)


def _of_capture(entry: Mapping[str, Any], where: str) -> bytes:
    if "frame" in entry:
        return bytes.fromhex(entry["frame"])
    if "line" in entry:
        line: str = entry["line"]
        return line.encode("latin-1")
    if "advert" not in entry:
        raise ConfigError(f"{where}: neither frame, line nor advert; nothing to replay")
    advert = entry["advert"]
    data = [company(int(k, 16), bytes.fromhex(v)) for k, v in advert.get("company", {}).items()]
    data += [service(int(k, 16), bytes.fromhex(v)) for k, v in advert.get("service", {}).items()]
    return report(advert["address"], b"".join(data))
