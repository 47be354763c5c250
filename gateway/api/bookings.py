"""Bookings: make, list, see, cancel. That two never overlap is the ledger's business."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from gateway.access import Principal, Scope
from gateway.api.booking_shapes import BookingOut, BookingsOut, TakenOut, WishIn, booking_out
from gateway.api.idempotency import IdempotencyKey, once, reused
from gateway.api.identity import Booker, Reader, visible_site
from gateway.api.problems import Problem, documented, not_found
from gateway.api.service import Service, TheService
from gateway.api.shapes import span_out
from gateway.bookings import free
from gateway.bookings.booking import Booking, RuleBrokenError, Wish, check
from gateway.bookings.free import Span
from gateway.ledger.bookings import Place, TakenError
from gateway.ledger.once import KeyReusedError
from gateway.places import atomic_parts, find_space
from hardware.clock import from_unix_us, to_unix_us
from hardware.place import Site, Space

router = APIRouter(tags=["bookings"], prefix="/api/v1/bookings")

LONGEST_LIST = timedelta(days=62)  # two months, as a calendar shows them at most
PAGE = 200  # bookings, 80 KB


@router.post(
    "",
    status_code=201,
    operation_id="createBooking",
    summary="Book a space",
    responses=documented(401, 403, 404, 422, 503) | documented(409, model=TakenOut),
)
async def create_booking(
    service: TheService,
    who: Booker,
    wish: WishIn,
    response: Response,
    key: IdempotencyKey = None,
) -> BookingOut:
    """Book a space for a group. If it is taken, the answer names the nearest free times."""
    site, space = _space(service, who, wish.site, wish.space)
    asked = Wish(
        site.id,
        space.id,
        wish.starts_at.astimezone(UTC),
        wish.ends_at.astimezone(UTC),
        wish.title,
        wish.contact,
    )
    booking = await run_in_threadpool(_book, service, who, asked, space, key, wish)
    service.metrics.bookings.labels("made").inc()
    service.board.touch(site.id)
    response.headers["Location"] = f"/api/v1/bookings/{booking.id}"
    return booking_out(booking, names=True)


@router.get(
    "",
    operation_id="listBookings",
    summary="List bookings",
    responses=documented(401, 403, 404, 422, 503),
)
def list_bookings(
    service: TheService,
    who: Reader,
    site: str,
    start: Annotated[AwareDatetime, Query(alias="from")],
    end: Annotated[AwareDatetime, Query(alias="to")],
    space: str | None = None,
    cancelled: Annotated[bool, Query(description="Also those that were cancelled.")] = False,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> BookingsOut:
    """Give the bookings that overlap a time of at most two months, in order of their start."""
    known = visible_site(service, who, site)
    if not start < end <= start + LONGEST_LIST:
        raise Problem(
            422, "span", f"`to` must be after `from`, by {LONGEST_LIST.days} days at most"
        )
    found = service.ledger.bookings.between(
        site,
        Span(start, end),
        space=space,
        cancelled=cancelled,
        after=_place(cursor),
        limit=limit + 1,
    )
    names = who.may(Scope.BOOK, site)
    page = found[:limit]
    return BookingsOut(
        timezone=known.timezone,
        bookings=[booking_out(booking, names=names) for booking in page],
        next=_cursor(page[-1]) if len(found) > limit else None,
    )


@router.get(
    "/{booking}",
    operation_id="getBooking",
    summary="Get a booking",
    responses=documented(401, 403, 404, 503),
)
def get_booking(service: TheService, who: Reader, booking: str) -> BookingOut:
    """Give a booking."""
    found = _visible(service, who, booking)
    return booking_out(found, names=who.may(Scope.BOOK, found.wish.site))


@router.delete(
    "/{booking}",
    operation_id="cancelBooking",
    summary="Cancel a booking",
    responses=documented(401, 403, 404, 503),
)
async def cancel_booking(service: TheService, who: Booker, booking: str) -> BookingOut:
    """Cancel a booking and free the space at once. To cancel twice changes nothing."""
    found = await run_in_threadpool(_visible, service, who, booking)
    cancelled = await run_in_threadpool(
        service.ledger.bookings.cancel, found.id, by=who.actor, now=service.now()
    )
    service.metrics.bookings.labels("cancelled").inc()
    service.board.touch(found.wish.site)
    return booking_out(cancelled or found, names=True)


def _space(service: Service, who: Principal, site: str, space: str) -> tuple[Site, Space]:
    known = visible_site(service, who, site)
    found = find_space(known, space)
    if found is None:
        raise not_found(f"there is no space {space!r} at site {site!r}")
    return known, found


def _visible(service: Service, who: Principal, booking: str) -> Booking:
    found = service.ledger.bookings.find(booking)
    if found is None or not who.sees(found.wish.site):
        raise not_found(f"there is no booking {booking!r}")
    return found


def _book(
    service: Service, who: Principal, wish: Wish, space: Space, key: str | None, sent: WishIn
) -> Booking:
    """Book, or say why not. Blocks."""
    now = service.now()
    try:
        check(wish, space, now)
        return service.ledger.bookings.book(
            wish, atomic_parts(space), by=who.actor, now=now, once=once(key, sent)
        )
    except RuleBrokenError as error:
        raise Problem(422, "rule", str(error)) from None
    except KeyReusedError as error:
        raise reused(error) from None
    except TakenError:
        service.metrics.bookings.labels("taken").inc()
        raise _taken(service, wish, space, now) from None


def _taken(service: Service, wish: Wish, space: Space, now: datetime) -> Problem:
    site = service.places.site(wish.site)
    assert site is not None, "its space was found"
    zone = ZoneInfo(site.timezone)
    wanted = Span(wish.starts_at, wish.ends_at)
    around = Span(wanted.start - 2 * free.WITHIN, wanted.end + 2 * free.WITHIN)
    taken = service.ledger.bookings.taken(wish.site, atomic_parts(space), around)
    before = free.nearest_before(wanted, taken, now=now, zone=zone)
    after = free.nearest_after(wanted, taken, now=now, zone=zone)
    return Problem(
        409,
        "double-booking",
        f"{space.name.en} is taken in that time",
        alternatives={
            "before": None if before is None else span_out(before).model_dump(mode="json"),
            "after": None if after is None else span_out(after).model_dump(mode="json"),
        },
    )


def _cursor(last: Booking) -> str:
    return f"{to_unix_us(last.wish.starts_at)}.{last.id}"


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    starts_at_us, _, booking = cursor.partition(".")
    try:
        return Place(from_unix_us(int(starts_at_us)), booking)
    except (ValueError, OverflowError):
        raise Problem(422, "cursor", "that cursor is none of ours") from None
