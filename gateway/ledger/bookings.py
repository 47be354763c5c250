"""Bookings in the ledger. That two never overlap is not checked here: the database refuses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.bookings.booking import Booking, BookingState, Wish
from gateway.bookings.free import Span
from gateway.ids import uuid7
from gateway.ledger import tables
from gateway.ledger.database import Database
from gateway.ledger.log import Deed, record
from gateway.ledger.once import KeyReusedError, Once
from hardware.command import Actor, ActorKind


class TakenError(RuntimeError):
    """A part of the space is booked in that time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of bookings goes on: after the booking that starts then and has this id."""

    starts_at: datetime
    id: str


class Bookings:
    """Bookings in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def know(self, atoms: Iterable[tuple[str, str]]) -> None:
        """Give a number to each (site, atomic space) that has none yet."""
        with self._database.writing() as connection:
            known = {(row.site, row.name) for row in connection.execute(select(tables.space)).all()}
            for site, name in atoms:
                if (site, name) not in known:
                    connection.execute(insert(tables.space).values(site=site, name=name))

    def book(
        self,
        wish: Wish,
        parts: Sequence[str],
        *,
        by: Actor,
        now: datetime,
        once: Once | None = None,
    ) -> Booking:
        """Book, or give the booking that the same request has made before.

        Args:
            wish: what; checked by ``gateway.bookings.booking.check``.
            parts: the atomic spaces that it takes.
            by: who books.
            now: aware.
            once: the request's key, where it has one.

        Raises:
            TakenError: the database refused, because a part is taken.
            KeyReusedError: the key came before with another request.
        """
        booking = Booking(uuid7(now), wish, tuple(parts), BookingState.CONFIRMED, now, by)
        try:
            with self._database.writing() as connection:
                numbers = _lock(connection, wish.site, parts)
                before = _made_before(connection, by, once)
                if before is not None:
                    return before
                _insert(connection, booking, numbers, once)
                record(connection, _deed(booking, "booking.create", by, now))
        except IntegrityError as error:
            if tables.NO_DOUBLE_BOOKING in str(error.orig):
                raise TakenError(f"{wish.space} is booked in that time") from None
            if tables.BOOKING_ONCE in str(error.orig):  # its twin came side by side, and won
                return self.book(wish, parts, by=by, now=now, once=once)
            raise
        return booking

    def cancel(self, booking_id: str, *, by: Actor, now: datetime) -> Booking | None:
        """Cancel, and free the space at once; None if there is no such booking."""
        with self._database.writing() as connection:
            found = _fetch(connection, _select().where(tables.booking.c.id == booking_id))
            if not found or found[0].state is BookingState.CANCELLED:
                return found[0] if found else None
            connection.execute(
                update(tables.booking)
                .where(tables.booking.c.id == booking_id)
                .values(state=BookingState.CANCELLED, cancelled_at=now)
            )
            connection.execute(
                update(tables.booking_part)
                .where(tables.booking_part.c.booking == booking_id)
                .values(active=False)
            )
            record(connection, _deed(found[0], "booking.cancel", by, now))
        return self.find(booking_id)

    def find(self, booking_id: str) -> Booking | None:
        """Find a booking."""
        with self._database.reading() as connection:
            found = _fetch(connection, _select().where(tables.booking.c.id == booking_id))
        return found[0] if found else None

    def between(
        self,
        site: str,
        span: Span,
        *,
        space: str | None = None,
        cancelled: bool = False,
        after: Place | None = None,
        limit: int | None = None,
    ) -> list[Booking]:
        """List a site's bookings that overlap a time, in order of their start.

        Args:
            site: whose.
            span: the time.
            space: only those made for this space.
            cancelled: also those that were cancelled.
            after: go on after this one.
            limit: at most so many; None for all.
        """
        booking = tables.booking.c
        query = _select().where(
            booking.site == site, booking.starts_at < span.end, booking.ends_at > span.start
        )
        if space is not None:
            query = query.where(booking.space == space)
        if not cancelled:
            query = query.where(booking.state != BookingState.CANCELLED)
        if after is not None:
            later = booking.starts_at > after.starts_at
            same = and_(booking.starts_at == after.starts_at, booking.id > after.id)
            query = query.where(or_(later, same))
        with self._database.reading() as connection:
            return _fetch(connection, query.order_by(booking.starts_at, booking.id).limit(limit))

    def taken(self, site: str, parts: Iterable[str], span: Span) -> list[Span]:
        """List when one of these atomic spaces is blocked within a time."""
        part = tables.booking_part.c
        with self._database.reading() as connection:
            rows = connection.execute(
                select(part.blocked_from, part.blocked_until)
                .join(tables.space, tables.space.c.id == part.space)
                .where(tables.space.c.site == site, tables.space.c.name.in_(list(parts)))
                .where(part.active, part.blocked_from < span.end, part.blocked_until > span.start)
                .distinct()
            ).all()
        return [Span(row.blocked_from, row.blocked_until) for row in rows]


def _lock(connection: Connection, site: str, parts: Sequence[str]) -> list[int]:
    """Give the numbers of the parts, and let nobody else book them meanwhile.

    The constraint needs no lock. But two that wait for each other inside it end in a deadlock, and
    so a clean refusal is made of what would be an error after a second.
    """
    rows = connection.execute(
        select(tables.space.c.id)
        .where(tables.space.c.site == site, tables.space.c.name.in_(list(parts)))
        .order_by(tables.space.c.id)
        .with_for_update()
    ).all()
    assert len(rows) == len(parts), f"{site}: {parts} are not all known; call know() at the start"
    return [row.id for row in rows]


def _made_before(connection: Connection, by: Actor, once: Once | None) -> Booking | None:
    if once is None:
        return None
    query = _select().where(
        tables.booking.c.created_by_kind == by.kind,
        tables.booking.c.created_by == by.name,
        tables.booking.c.idempotency_key == once.key,
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    if rows[0].fingerprint != once.fingerprint:
        raise KeyReusedError(f"the key {once.key!r} came before with another request")
    return _fetch(connection, query)[0]


def _insert(
    connection: Connection, booking: Booking, numbers: Sequence[int], once: Once | None
) -> None:
    wish = booking.wish
    connection.execute(
        insert(tables.booking).values(
            id=booking.id,
            site=wish.site,
            space=wish.space,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            title=wish.title,
            contact=wish.contact,
            state=booking.state,
            created_at=booking.created_at,
            created_by_kind=booking.created_by.kind,
            created_by=booking.created_by.name,
            idempotency_key=None if once is None else once.key,
            fingerprint=None if once is None else once.fingerprint,
        )
    )
    connection.execute(
        insert(tables.booking_part),
        [
            {
                "booking": booking.id,
                "space": number,
                "blocked_from": wish.starts_at,
                "blocked_until": wish.ends_at,
                "active": True,
            }
            for number in numbers
        ],
    )


def _select() -> Select[Any]:
    return select(tables.booking)


def _fetch(connection: Connection, query: Select[Any]) -> list[Booking]:
    rows = connection.execute(query).all()
    parts: dict[str, list[str]] = {row.id: [] for row in rows}
    of_these = tables.booking_part.c.booking.in_(list(parts))
    for row in connection.execute(
        select(tables.booking_part.c.booking, tables.space.c.name)
        .join(tables.space, tables.space.c.id == tables.booking_part.c.space)
        .where(of_these)
        .order_by(tables.space.c.name)
    ):
        parts[row.booking].append(row.name)
    return [
        Booking(
            id=row.id,
            wish=Wish(row.site, row.space, row.starts_at, row.ends_at, row.title, row.contact),
            parts=tuple(parts[row.id]),
            state=BookingState(row.state),
            created_at=row.created_at,
            created_by=Actor(ActorKind(row.created_by_kind), row.created_by),
            cancelled_at=row.cancelled_at,
        )
        for row in rows
    ]


def _deed(booking: Booking, deed: str, by: Actor, now: datetime) -> Deed:
    """Name the booking and nothing personal: the log is kept longer than names may be."""
    when = f"{booking.wish.starts_at.isoformat()}/{booking.wish.ends_at.isoformat()}"
    return Deed(now, by, deed, booking.wish.site, booking.id, f"{booking.wish.space} {when}")
