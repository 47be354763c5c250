"""Door commands on their way: kept, sent, followed, and each step kept and shown."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cloud_sync.stores.store import NodeKey
from gateway.ids import uuid7
from gateway.ledger.commands import CommandRecord, Commands
from gateway.ledger.errors import LedgerError
from gateway.ledger.once import Once
from hardware.clock import Clock
from hardware.command import Ack, Action, Actor, Command, lifetime

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """What takes a command to a node: ``cloud_sync.dispatch.Dispatch``."""

    async def carry_out(
        self, node: NodeKey, command: Command, *, on_ack: Callable[[Ack], None]
    ) -> Ack:
        """Send a command and follow it to its end; the last step goes to ``on_ack`` too."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants of a device."""

    node: NodeKey
    device: str
    action: Action
    actor: Actor
    reason: str


class Commander:
    """Sends commands, each followed by a task of its own in the program's TaskGroup."""

    def __init__(
        self,
        carrier: Carrier,
        commands: Commands,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        *,
        on_step: Callable[[CommandRecord], None],
    ) -> None:
        """Make the commander.

        Args:
            carrier: takes commands to nodes.
            commands: where they are kept.
            clock: the time.
            tasks: owns what is under way.
            on_step: called in the loop with each new step of a command.
        """
        self._carrier = carrier
        self._commands = commands
        self._clock = clock
        self._tasks = tasks
        self._on_step = on_step

    async def send(self, order: Order, *, once: Once | None = None) -> CommandRecord:
        """Keep a command and send it; returns at once. The same request again sends nothing.

        Raises:
            LedgerError: it could not be kept, so it was not sent.
            KeyReusedError: the key came before with another request.
        """
        command = _command(order, self._clock.now())
        before = await asyncio.to_thread(self._commands.begin, command, order.node, once=once)
        if before is not None:
            return before
        record = CommandRecord(command, order.node)
        self._tasks.create_task(self._follow(record), name=f"command {command.id}")
        return record

    async def _follow(self, record: CommandRecord) -> None:
        """Carry a command out, and keep its steps in the order in which they come."""
        steps: asyncio.Queue[Ack] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep(record, steps))
            await self._carrier.carry_out(record.node, record.command, on_ack=steps.put_nowait)

    async def _keep(self, record: CommandRecord, steps: asyncio.Queue[Ack]) -> None:
        while not record.ended:
            step = await steps.get()
            record = CommandRecord(record.command, record.node, (*record.steps, step))
            try:
                await asyncio.to_thread(self._commands.add_step, step)
            except LedgerError as error:
                # The door has moved or not, whether or not we can write it down: who waits is told.
                log.error("command %s: %s not kept: %s", step.command, step.outcome, error)
            self._on_step(record)


def _command(order: Order, now: datetime) -> Command:
    return Command(
        id=uuid7(now),
        device=order.device,
        action=order.action,
        issued_at=now,
        not_after=now + lifetime(order.action),
        actor=order.actor,
        reason=order.reason,
    )
