"""Who did what. Written in the transaction of the deed itself, so that there is no deed without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from gateway.ledger import tables
from gateway.ledger.database import Database
from hardware.command import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the log."""

    at: datetime
    actor: Actor
    deed: str
    site: str
    subject: str
    detail: str = ""


def record(connection: Connection, deed: Deed) -> None:
    """Append a line."""
    connection.execute(
        insert(tables.log).values(
            at=deed.at,
            actor_kind=deed.actor.kind,
            actor=deed.actor.name,
            deed=deed.deed,
            site=deed.site,
            subject=deed.subject,
            detail=deed.detail,
        )
    )


def deeds(database: Database) -> Sequence[Deed]:
    """Read the whole log, oldest first."""
    with database.reading() as connection:
        rows = connection.execute(select(tables.log).order_by(tables.log.c.id)).all()
    return [
        Deed(
            row.at,
            Actor(ActorKind(row.actor_kind), row.actor),
            row.deed,
            row.site,
            row.subject,
            row.detail,
        )
        for row in rows
    ]
