"""Carries out commands: one device, one command at a time, with the state read back at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping

from firmware_bridge.driver import Acts, NotVerified
from firmware_bridge.transport import LinkLost
from hardware.command import Command, Outcome
from hardware.table import did_you_mean

log = logging.getLogger(__name__)

READ_BACK_WITHIN = 15.0  # seconds; a driver that has not read back by then never will


class Actuator:
    """The devices of a node that can be told to do something."""

    def __init__(self, devices: Mapping[str, tuple[Acts, tuple[str, ...]]]) -> None:
        """Make the actuator.

        Args:
            devices: for each device its driver, and the actions that its profile allows.
        """
        self._devices = dict(devices)
        self._busy = {device: asyncio.Lock() for device in devices}

    def objection(self, command: Command) -> str | None:
        """Say why this node cannot carry the command out at all; None if it can."""
        if command.device not in self._devices:
            meant = did_you_mean(command.device, self._devices)
            return f"no device {command.device!r} that can act{meant}"
        _, actions = self._devices[command.device]
        if command.action.value not in actions:
            return f"{command.device!r} cannot {command.action}; it can {', '.join(actions)}"
        if self._busy[command.device].locked():
            return f"{command.device!r} is carrying out another command"
        return None

    async def carry_out(self, command: Command) -> AsyncIterator[tuple[Outcome, str]]:
        """Tell the device and read its state back; the last step is verified or failed."""
        driver, _ = self._devices[command.device]
        async with self._busy[command.device]:
            yield Outcome.EXECUTING, ""
            try:
                async with asyncio.timeout(READ_BACK_WITHIN):
                    state = await driver.carry_out(command.action)
            except NotVerified as error:
                yield Outcome.FAILED, str(error)
            except LinkLost as error:
                yield Outcome.FAILED, f"the device cannot be reached: {error}"
            except TimeoutError:
                yield Outcome.FAILED, f"no state was read back within {READ_BACK_WITHIN:.0f} s"
            else:
                yield Outcome.VERIFIED, state
