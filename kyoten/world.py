"""``kyoten world`` and ``kyoten tell``: virtual devices, and a way to meddle with them."""

import argparse
import asyncio
import json
import logging
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.world import run_world
from hardware.errors import ConfigError
from kyoten.programs import run_until_stopped, system_clock

ANSWER_WITHIN = 5.0  # seconds


def world(words: Sequence[str]) -> int:
    """Let the worlds of a file live until told to stop."""
    parser = argparse.ArgumentParser(prog="kyoten world", description=__doc__)
    parser.add_argument("file", type=Path, help="JSON: a list of worlds")
    options = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        run_until_stopped(_live(json.loads(options.file.read_text(encoding="utf-8"))))
    except (ConfigError, OSError, ValueError) as error:
        print(f"kyoten world: {options.file}: {error}", file=sys.stderr)
        return 2
    return 0


async def _live(descriptions: Sequence[Mapping[str, Any]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for description in descriptions:
            tasks.create_task(run_world(description, system_clock()))


def tell(words: Sequence[str]) -> int:
    """Give one order to a world and print its answer."""
    parser = argparse.ArgumentParser(prog="kyoten tell", description=__doc__)
    parser.add_argument("socket", help="the world's control socket")
    parser.add_argument("order", help='JSON, such as {"device": "co2-hall", "fault": "silent"}')
    options = parser.parse_args(words)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_WITHIN)
            line.connect(options.socket)
            line.sendall(options.order.encode() + b"\n")
            answer = line.makefile().readline().strip()
    except OSError as error:
        print(f"kyoten tell: {options.socket}: {error}", file=sys.stderr)
        return 1
    print(answer)
    return 0 if '"ok"' in answer else 1
