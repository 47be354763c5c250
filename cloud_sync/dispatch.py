"""The service's end of commands: signed, sent once, and followed to their end.

A command that nobody answers in time has expired: a node would refuse it now. A command that was
accepted and not heard of again has failed. Whether something moved all the same, only the door's
own readings tell.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from cloud_sync.envelope import Signer, read_ack, write_command
from cloud_sync.session import Offline, Session
from cloud_sync.stores.store import NodeKey
from cloud_sync.topics import NodeTopics
from hardware.clock import Clock
from hardware.command import Ack, Command, Outcome

log = logging.getLogger(__name__)

ANSWER_GRACE = timedelta(seconds=2)  # an acceptance at the last moment still has to travel back
READ_BACK_WITHIN = timedelta(seconds=20)  # a lock by radio takes up to ten seconds to turn


class Dispatch:
    """Sends commands and follows them. The session's owner calls ``hear`` with each ack."""

    def __init__(self, session: Session, signer: Signer, clock: Clock) -> None:
        self._session = session
        self._signer = signer
        self._clock = clock
        self._open: dict[str, asyncio.Queue[Ack]] = {}

    def hear(self, payload: bytes) -> None:
        """Take an ack to whoever waits for it; one that comes after the end is told to the log.

        Raises:
            BadMessageError: it is no ack.
        """
        ack = read_ack(payload)
        waiting = self._open.get(ack.command)
        if waiting is None:
            log.info("command %s: %s after its end (%s)", ack.command, ack.outcome, ack.detail)
        else:
            waiting.put_nowait(ack)

    async def carry_out(
        self, node: NodeKey, command: Command, *, on_ack: Callable[[Ack], None]
    ) -> Ack:
        """Send a command and follow it to its end.

        Args:
            node: who shall carry it out.
            command: what.
            on_ack: called with each step, the last one included, as it becomes known.

        Returns:
            The last step: verified, failed, refused or expired.
        """
        answers = self._open[command.id] = asyncio.Queue()
        try:
            ack = await self._send(node, command)
            if ack is None:
                ack = await self._follow(command, answers, on_ack)
        finally:
            del self._open[command.id]
        on_ack(ack)
        return ack

    async def _send(self, node: NodeKey, command: Command) -> Ack | None:
        """Send; give the end of the command if it could not be sent."""
        left = (command.not_after - self._clock.now()).total_seconds()
        try:
            async with asyncio.timeout(max(left, 0)):
                await self._session.publish(
                    NodeTopics(node.site, node.node).command,
                    self._signer.seal(write_command(command)),
                    expiry=max(1, round(left)),
                )
        except (Offline, TimeoutError):
            return self._ack(command, Outcome.EXPIRED, "the service has no link to the broker")
        return None

    async def _follow(
        self, command: Command, answers: asyncio.Queue[Ack], on_ack: Callable[[Ack], None]
    ) -> Ack:
        end = command.not_after + ANSWER_GRACE
        accepted = False
        while True:
            left = (end - self._clock.now()).total_seconds()
            try:
                async with asyncio.timeout(max(left, 0)):
                    ack = await answers.get()
            except TimeoutError:
                if accepted:
                    return self._ack(
                        command, Outcome.FAILED, "the node accepted it and was not heard of again"
                    )
                return self._ack(command, Outcome.EXPIRED, "the node did not answer in time")
            if ack.outcome.final:
                return ack
            on_ack(ack)
            if not accepted:
                accepted, end = True, self._clock.now() + READ_BACK_WITHIN

    def _ack(self, command: Command, outcome: Outcome, detail: str) -> Ack:
        return Ack(command.id, outcome, self._clock.now(), detail)
