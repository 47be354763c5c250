"""``kyoten broker``: a broker on one machine, for the demo and for a small site."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from cloud_sync.broker import BrokerFailedError, find_mosquitto, run_broker
from kyoten.programs import run_until_stopped, system_clock


def broker(words: Sequence[str]) -> int:
    """Run a broker until told to stop."""
    parser = argparse.ArgumentParser(prog="kyoten broker", description=__doc__)
    parser.add_argument("address", help="HOST:PORT to listen on; it has no passwords, so loopback")
    parser.add_argument("folder", type=Path, help="where its configuration and log stand")
    options = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    host, _, port = options.address.rpartition(":")
    try:
        run_until_stopped(_serve(host, int(port), options.folder))
    except (BrokerFailedError, ValueError) as error:
        print(f"kyoten broker: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(host: str, port: int, folder: Path) -> None:
    async with run_broker(
        host, port, folder=folder, clock=system_clock(), mosquitto=find_mosquitto()
    ) as (_, line):
        print(line, flush=True)
        await asyncio.Event().wait()
