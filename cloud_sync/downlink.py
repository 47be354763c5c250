"""The node's end of commands: each carried out once and in time, or refused with the reason.

Missed commands are never caught up. What is refused is acknowledged, unless nobody we know signed
it.
"""

import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Protocol

from cloud_sync.envelope import UnknownSignerError, Verifier, read_command, write_ack
from cloud_sync.session import Message, Offline, Session
from cloud_sync.topics import NodeTopics
from hardware.command import CLOCK_SKEW, Ack, Command, Outcome, lifetime

log = logging.getLogger(__name__)


class Actuator(Protocol):
    """What the downlink needs of the node: something that acts and says how it goes."""

    def carry_out(self, command: Command) -> AsyncIterator[tuple[Outcome, str]]:
        """Carry out a command; give each step after the acceptance with its detail.

        The last step is final. Nothing is raised.
        """

    def objection(self, command: Command) -> str | None:
        """Say why the node cannot carry this out at all (no such device, or it cannot act)."""


class Seen(Protocol):
    """The ids of commands that have been accepted, kept across restarts."""

    def remember(self, command: Command) -> bool:
        """Keep an id durably, before anything is done; False if it was there already.

        Raises:
            OSError: it cannot be kept.
        """


class Downlink:
    """Takes commands. The session's owner calls ``hear`` with each message on the command topic."""

    def __init__(
        self,
        session: Session,
        topics: NodeTopics,
        verifier: Verifier,
        actuator: Actuator,
        seen: Seen,
        now: Callable[[], datetime | None],
    ) -> None:
        """Make the downlink of one node.

        Args:
            session: the connection.
            topics: of this node.
            verifier: knows whose commands count.
            actuator: carries them out.
            seen: remembers them.
            now: the trusted wall time, or None while the node does not know it.
        """
        self._session = session
        self._topics = topics
        self._verifier = verifier
        self._actuator = actuator
        self._seen = seen
        self._now = now

    async def hear(self, message: Message) -> None:
        """Take one message: check it, carry it out, and acknowledge each step.

        Raises:
            BadMessageError: it is no command.
        """
        try:
            command = read_command(self._verifier.open(message.payload))
        except UnknownSignerError as error:
            log.warning("command dropped: %s", error)
            return
        now = self._now()
        reason = (
            judge(command, now, retained=message.retained)
            or self._actuator.objection(command)
            or self._remember(command)
        )
        if reason is not None:
            log.warning("command %s refused: %s", command.id, reason)
            await self._tell(command, Outcome.REFUSED, reason)
            return
        await self._tell(command, Outcome.ACCEPTED, "")
        async for outcome, detail in self._actuator.carry_out(command):
            await self._tell(command, outcome, detail)

    def _remember(self, command: Command) -> str | None:
        """Remember the command, so that it is never carried out twice; else say why not."""
        try:
            return None if self._seen.remember(command) else "it was carried out before"
        except OSError as error:
            return f"the node cannot remember it, so it might be carried out twice: {error}"

    async def _tell(self, command: Command, outcome: Outcome, detail: str) -> None:
        at = self._now()
        assert at is not None or outcome is Outcome.REFUSED, "without the time nothing is accepted"
        ack = Ack(command.id, outcome, at or command.issued_at, detail)
        try:
            await self._session.publish(self._topics.ack(command.id), write_ack(ack))
        except Offline as error:
            # What was done is done, and its reading travels by the journal; the ack does not.
            log.warning("command %s: %s not told: %s", command.id, outcome, error)


def judge(command: Command, now: datetime | None, *, retained: bool) -> str | None:
    """Say why a command must not be carried out; None if it may be.

    Args:
        command: properly signed.
        now: the node's trusted time; None if it has none.
        retained: whether the broker had kept the message, so that it may be of any age.
    """
    if retained:
        return "it was retained by the broker, so it may be old"
    if now is None:
        return "the node does not know the time, so it cannot tell whether it is late"
    if now >= command.not_after:
        return f"it came {_seconds(now - command.not_after)} too late"
    if command.issued_at > now + CLOCK_SKEW:
        return f"it was issued {_seconds(command.issued_at - now)} in the future; check the clocks"
    if command.not_after - command.issued_at > lifetime(command.action):
        return (
            f"it would live longer than the {_seconds(lifetime(command.action))} that are allowed"
        )
    return None


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"
