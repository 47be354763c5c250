"""``python -m edge [--config edge.toml]``: run the agent of a node."""

import argparse
import asyncio
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path

from edge import machine
from edge.agent import Agent
from edge.config import Plan, load
from edge.disk import RealDisk
from hardware.clock import SystemClock
from hardware.errors import ConfigError


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 0 after a clean stop, 2 where the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="python -m edge", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/kyoten/edge.toml"))
    parser.add_argument("--check", action="store_true", help="check the configuration and stop")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        plan = load(options.config)
        if options.check:
            print(f"{options.config}: {len(plan.equipment)} devices, nothing wrong")  # noqa: T201
            return 0
        asyncio.run(_run(plan))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - to the person who started it
        return 2
    return 0


async def _run(plan: Plan) -> None:
    agent = Agent(plan, SystemClock(machine.boot_id()), RealDisk())
    living = asyncio.current_task()
    assert living is not None
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, living.cancel)
    with suppress(asyncio.CancelledError):
        await agent.run()


if __name__ == "__main__":
    sys.exit(main())
