"""A booking, and what somebody may wish for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.places import atomic_parts
from hardware.command import Actor
from hardware.place import Space

LONGEST = timedelta(
    hours=24
)  # longer is an exhibition: several bookings, so that days can be freed
HORIZON = timedelta(days=400)  # a yearly festival is booked when this year's ends


class BookingState(StrEnum):
    """What has become of a booking."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class RuleBrokenError(ValueError):
    """The wish cannot be a booking, whoever else wishes what; the text says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to book.

    Attributes:
        starts_at: aware, UTC.
        ends_at: aware, UTC; the space is free again at this moment.
        title: the name of the group, as the board shows it.
        contact: who answers for it and how they are reached; may be empty.
    """

    site: str
    space: str
    starts_at: datetime
    ends_at: datetime
    title: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """A wish that was granted.

    Attributes:
        id: UUIDv7 text.
        parts: the atomic spaces that it takes.
    """

    id: str
    wish: Wish
    parts: tuple[str, ...]
    state: BookingState
    created_at: datetime
    created_by: Actor
    cancelled_at: datetime | None = None

    def takes(self, space: Space) -> bool:
        """Whether it takes this space, the whole that it belongs to, or a part of it."""
        return not set(self.parts).isdisjoint(atomic_parts(space))


def check(wish: Wish, space: Space, now: datetime) -> None:
    """Check what must hold of every booking by itself.

    Raises:
        RuleBrokenError: it does not hold.
    """
    if not space.bookable:
        raise RuleBrokenError(f"space {wish.space!r} is not for booking")
    if wish.starts_at >= wish.ends_at:
        raise RuleBrokenError("it would end before it starts")
    if wish.ends_at - wish.starts_at > LONGEST:
        raise RuleBrokenError(f"it would be longer than {LONGEST // timedelta(hours=1)} hours")
    if wish.ends_at <= now:
        raise RuleBrokenError("it would be over already")
    if wish.starts_at > now + HORIZON:
        raise RuleBrokenError(f"it is more than {HORIZON.days} days away")
    if any(moment.second or moment.microsecond for moment in (wish.starts_at, wish.ends_at)):
        raise RuleBrokenError("bookings start and end at whole minutes")
