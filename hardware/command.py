"""Commands: what a device can be told, and the ways in which that can end.

State never comes from here. An acknowledgement says that a command was carried out; whether the
door is locked is a ``lock_state`` reading.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Action(StrEnum):
    """What a device can be told."""

    UNLOCK = "unlock"
    LOCK = "lock"


UNLOCK_LIFETIME = timedelta(
    seconds=10
)  # a person waits this long at a door; later it opens for nobody
LOCK_LIFETIME = timedelta(seconds=60)  # locking late does no harm, so it may cross a slow link
CLOCK_SKEW = timedelta(seconds=5)  # how far ahead of the node a service's clock may be


def lifetime(action: Action) -> timedelta:
    """Say for how long a command of this kind may be carried out."""
    return UNLOCK_LIFETIME if action is Action.UNLOCK else LOCK_LIFETIME


class ActorKind(StrEnum):
    """Who can want something of a device."""

    STAFF = "staff"
    BOOKING = "booking"
    TOKEN = "token"  # noqa: S105 - a kind of actor, not a secret


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants it: the kind, and the account, booking or token by name."""

    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """One wish, to be carried out once and in time or not at all.

    Attributes:
        id: UUIDv7 text; a node never carries out the same id twice.
        device: the device of the node that shall act.
        issued_at: aware, UTC; the service's clock.
        not_after: aware, UTC; at this moment the command is dead.
        reason: what a person gave as the reason; empty where none was asked.
    """

    id: str
    device: str
    action: Action
    issued_at: datetime
    not_after: datetime
    actor: Actor
    reason: str = ""


class Outcome(StrEnum):
    """The steps and the ends of a command."""

    ACCEPTED = "accepted"  # the node will carry it out
    EXECUTING = "executing"  # the device has been told
    VERIFIED = "verified"  # the device's own state was read back and is as wished
    FAILED = "failed"  # told, but the read-back does not show it
    EXPIRED = "expired"  # nobody carried it out in time
    REFUSED = "refused"  # the node would not

    @property
    def final(self) -> bool:
        """Whether nothing comes after this one."""
        return self not in (Outcome.ACCEPTED, Outcome.EXECUTING)


@dataclass(frozen=True, slots=True)
class Ack:
    """One step in the life of a command, as told by the node (or, for EXPIRED, by the service).

    Attributes:
        at: aware, UTC; the clock of whoever says it.
        detail: why, in a sentence for the person who waits; empty where there is nothing to say.
    """

    command: str
    outcome: Outcome
    at: datetime
    detail: str = ""
