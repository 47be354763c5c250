"""What bookings look like from outside, with and without names."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from gateway.api.problems import ProblemOut
from gateway.api.shapes import Moment, SpanOut
from gateway.bookings.booking import Booking


class WishIn(BaseModel):
    """What to book; times carry their offset."""

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [
                {
                    "site": "tokiwa",
                    "space": "hall",
                    "starts_at": "2026-11-24T10:00:00+09:00",
                    "ends_at": "2026-11-24T12:00:00+09:00",
                    "title": "コーラスときわ",
                    "contact": "山田 0776-00-0000",
                }
            ]
        },
    }

    site: str = Field(max_length=40)
    space: str = Field(max_length=40)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    title: str = Field(min_length=1, max_length=80, description="Name of the group.")
    contact: str = Field(default="", max_length=200, description="Who answers for it, and how.")


class BookingOut(BaseModel):
    """A booking; ``title`` and ``contact`` are null for those who may not see them."""

    id: str
    site: str
    space: str
    parts: list[str]
    starts_at: Moment
    ends_at: Moment
    state: Literal["confirmed", "cancelled"]
    title: str | None
    contact: str | None
    created_at: Moment
    cancelled_at: Moment | None


class BookingsOut(BaseModel):
    """A page of bookings, in order of their start; ``next`` is the cursor of the page after."""

    timezone: str
    bookings: list[BookingOut]
    next: str | None


class Alternatives(BaseModel):
    """The nearest free times of the same length in the same space, within a week."""

    before: SpanOut | None
    after: SpanOut | None


class TakenOut(ProblemOut):
    """The space is taken; here is when it is not."""

    alternatives: Alternatives | None = None


def booking_out(booking: Booking, *, names: bool) -> BookingOut:
    """Translate a booking."""
    wish = booking.wish
    return BookingOut(
        id=booking.id,
        site=wish.site,
        space=wish.space,
        parts=list(booking.parts),
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        state=booking.state.value,
        title=wish.title if names else None,
        contact=wish.contact if names else None,
        created_at=booking.created_at,
        cancelled_at=booking.cancelled_at,
    )
