"""``kyoten replay``: captured bytes, heard once more at a port or adapter that is not there."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.replay import captured, replay
from firmware_bridge.virtual.port import PtyPort
from hardware.errors import ConfigError
from kyoten.programs import run_until_stopped, system_clock


def replay_file(words: Sequence[str]) -> int:
    """Make a port appear, and send a capture into it once somebody may be listening."""
    parser = argparse.ArgumentParser(prog="kyoten replay", description=__doc__)
    parser.add_argument("file", type=Path, help="radio events (.jsonl) or a capture (.toml)")
    parser.add_argument("port", type=Path, help="path under which the pseudo-terminal appears")
    parser.add_argument("--after", type=float, default=5.0, help="seconds before the first")
    parser.add_argument("--every", type=float, default=0.05, help="seconds from one to the next")
    options = parser.parse_args(words)
    try:
        chunks = list(captured(options.file))
    except (ConfigError, OSError, ValueError) as error:
        print(f"kyoten replay: {error}", file=sys.stderr)
        return 2
    run_until_stopped(_replay(chunks, options))
    return 0


async def _replay(chunks: Sequence[bytes], options: argparse.Namespace) -> None:
    clock, port = system_clock(), PtyPort(options.port)
    port.plug()
    try:
        await clock.sleep(options.after)
        await replay(chunks, port, clock, every=options.every)
        print(f"{len(chunks)} chunks sent; the port stays until Ctrl-C", flush=True)
        await asyncio.Event().wait()
    finally:
        port.unplug()
