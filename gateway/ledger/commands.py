"""Commands and their steps in the ledger: written before the command is sent, never after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloud_sync.stores.store import NodeKey
from gateway.ledger import tables
from gateway.ledger.database import Database
from gateway.ledger.log import Deed, record
from gateway.ledger.once import KeyReusedError, Once
from hardware.command import Ack, Action, Actor, ActorKind, Command, Outcome

RESTARTED = "the service was restarted; the outcome is not known"


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command, where it went, and how it has gone so far."""

    command: Command
    node: NodeKey
    steps: tuple[Ack, ...] = field(default=())

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.steps) and self.steps[-1].outcome.final


class Commands:
    """Commands in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, command: Command, node: NodeKey, *, once: Once | None = None
    ) -> CommandRecord | None:
        """Keep a command that is about to be sent.

        Returns:
            None if it is new and shall be sent; else what became of the same request before.

        Raises:
            KeyReusedError: the key came before with another request.
        """
        try:
            with self._database.writing() as connection:
                before = _made_before(connection, command.actor, once)
                if before is not None:
                    return _record(connection, before)
                _insert(connection, command, node, once)
        except IntegrityError as error:
            if tables.COMMAND_ONCE in str(error.orig):  # its twin came side by side, and won
                return self.begin(command, node, once=once)
            raise
        return None

    def add_step(self, ack: Ack) -> None:
        """Keep the next step of a command; the final one also goes into the log."""
        with self._database.writing() as connection:
            _add_step(connection, ack)

    def find(self, command_id: str) -> CommandRecord | None:
        """Find a command."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.command).where(tables.command.c.id == command_id)
            ).one_or_none()
            return None if row is None else _record(connection, row)

    def end_unfinished(self, *, now: datetime) -> Sequence[str]:
        """Mark what an earlier run of the service left open as failed; give the ids."""
        with self._database.writing() as connection:
            ids = connection.scalars(
                select(tables.command.c.id).where(~tables.command.c.ended)
            ).all()
            for command_id in ids:
                _add_step(connection, Ack(command_id, Outcome.FAILED, now, RESTARTED))
        return ids


def _insert(connection: Connection, command: Command, node: NodeKey, once: Once | None) -> None:
    connection.execute(
        insert(tables.command).values(
            id=command.id,
            site=node.site,
            node=node.node,
            device=command.device,
            action=command.action,
            actor_kind=command.actor.kind,
            actor=command.actor.name,
            reason=command.reason,
            issued_at=command.issued_at,
            not_after=command.not_after,
            ended=False,
            idempotency_key=None if once is None else once.key,
            fingerprint=None if once is None else once.fingerprint,
        )
    )
    what = f"{command.action} {command.device}: {command.reason}"
    record(
        connection,
        Deed(command.issued_at, command.actor, "command.send", node.site, command.id, what),
    )


def _made_before(connection: Connection, by: Actor, once: Once | None) -> Row[Any] | None:
    if once is None:
        return None
    row = connection.execute(
        select(tables.command).where(
            tables.command.c.actor_kind == by.kind,
            tables.command.c.actor == by.name,
            tables.command.c.idempotency_key == once.key,
        )
    ).one_or_none()
    if row is not None and row.fingerprint != once.fingerprint:
        raise KeyReusedError(f"the key {once.key!r} came before with another request")
    return row


def _add_step(connection: Connection, ack: Ack) -> None:
    of_command = tables.command_step.c.command == ack.command
    number = connection.scalar(
        select(func.count()).select_from(tables.command_step).where(of_command)
    )
    connection.execute(
        insert(tables.command_step).values(
            command=ack.command, number=number, outcome=ack.outcome, at=ack.at, detail=ack.detail
        )
    )
    if not ack.outcome.final:
        return
    command = tables.command.c
    connection.execute(update(tables.command).where(command.id == ack.command).values(ended=True))
    row = connection.execute(
        select(command.actor_kind, command.actor, command.site).where(command.id == ack.command)
    ).one()
    actor = Actor(ActorKind(row.actor_kind), row.actor)
    what = f"{ack.outcome}: {ack.detail}"
    record(connection, Deed(ack.at, actor, "command.end", row.site, ack.command, what))


def _record(connection: Connection, row: Row[Any]) -> CommandRecord:
    steps = connection.execute(
        select(tables.command_step)
        .where(tables.command_step.c.command == row.id)
        .order_by(tables.command_step.c.number)
    ).all()
    return CommandRecord(
        Command(
            id=row.id,
            device=row.device,
            action=Action(row.action),
            issued_at=row.issued_at,
            not_after=row.not_after,
            actor=Actor(ActorKind(row.actor_kind), row.actor),
            reason=row.reason,
        ),
        NodeKey(row.site, row.node),
        tuple(Ack(row.id, Outcome(step.outcome), step.at, step.detail) for step in steps),
    )
