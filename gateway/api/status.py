"""The status of a site: every fact with its age, and what follows from them."""

from fastapi import APIRouter, Response

from gateway.api.booking_shapes import booking_out
from gateway.api.identity import Reader, visible_site
from gateway.api.problems import documented
from gateway.api.service import TheService
from gateway.api.shapes import NameOut, SpanOut, name_out, plain, space_out, span_out, why
from gateway.api.status_shapes import (
    AirOut,
    DayOut,
    DoorOut,
    FactOut,
    NodeOut,
    OccupancyOut,
    SeverityName,
    SinceOut,
    SpaceStatusOut,
    StatusOut,
    TroubleOut,
)
from gateway.board import SiteStatus
from gateway.bookings.booking import Booking
from gateway.bookings.free import Span
from gateway.places import Places
from gateway.status.air import Air
from gateway.status.door import Door
from gateway.status.observation import Observation, Since
from gateway.status.occupancy import Occupancy
from gateway.status.space import SpaceStatus
from gateway.status.trouble import Trouble
from gateway.usage.day import Day
from hardware.clock import from_unix_us

router = APIRouter(tags=["status"], prefix="/api/v1/sites/{site}/status")


@router.get(
    "",
    operation_id="getStatus",
    summary="Get the status of a site",
    response_model=StatusOut,
    responses=documented(401, 403, 404, 503),
)
async def get_status(service: TheService, who: Reader, site: str) -> Response:
    """Give every space, the worst first, with every fact and its age."""
    visible_site(service, who, site)
    body = (await service.board.status(site)).body_for(who)
    return Response(body, media_type="application/json")


def status_out(status: SiteStatus, places: Places, *, names: bool) -> StatusOut:
    """Translate a status; with the names of those who booked only for those who may see them."""
    return StatusOut(
        site=status.site.id,
        name=name_out(status.site.name),
        timezone=status.site.timezone,
        at=status.now,
        severity=_severity(status),
        simulated=any(space.simulated for space in status.spaces),
        nodes=[
            NodeOut(
                id=node.key.node,
                online=node.online,
                since=None if node.status_us is None else from_unix_us(node.status_us),
                version=None if node.birth is None else node.birth.version,
            )
            for node in status.nodes
        ],
        spaces=[_space(status, space, places, names=names) for space in status.spaces],
        unplaced=[_fact(seen, status) for seen in status.unplaced],
    )


def _space(
    status: SiteStatus, space: SpaceStatus, places: Places, *, names: bool
) -> SpaceStatusOut:
    current, following = space.current, space.next
    today = _bookings_of(status.today, space)
    return SpaceStatusOut(
        space=space_out(places, status.site, space.space),
        severity=_severity(space),
        simulated=space.simulated,
        troubles=[_trouble(trouble) for trouble in space.troubles],
        occupancy=_occupancy(space.occupancy),
        air=None if space.air is None else _air(space.air),
        door=None if space.door is None else _door(space.door),
        now=None if current is None else booking_out(current, names=names),
        next=None if following is None else booking_out(following, names=names),
        bookings=[booking_out(booking, names=names) for booking in today],
        day=_day(status.today, today, status.days.get(space.space.id)),
        facts=[_fact(seen, status) for seen in space.observations],
    )


def _severity(of: SiteStatus | SpaceStatus | Trouble) -> SeverityName:
    names: tuple[SeverityName, ...] = ("fine", "notice", "warning", "alarm")
    return names[of.severity]


def _since(since: Since | None) -> SinceOut | None:
    return None if since is None else SinceOut(at=since.at, at_least=since.at_least)


def _trouble(trouble: Trouble) -> TroubleOut:
    return TroubleOut(
        code=trouble.code,
        severity=_severity(trouble),
        ja=trouble.says.ja,
        en=trouble.says.en,
        since=trouble.since,
        device=trouble.device,
    )


def _occupancy(state: Occupancy) -> OccupancyOut:
    return OccupancyOut(
        state=state.presence.value, why=state.why, since=_since(state.since), people=state.people
    )


def _air(air: Air) -> AirOut:
    return AirOut(
        verdict=air.verdict.value,
        co2=air.co2,
        temperature=air.temperature,
        humidity=air.humidity,
    )


def _door(door: Door) -> DoorOut:
    return DoorOut(
        state=door.state,
        contact=door.contact,
        lock=door.lock,
        since=_since(door.since),
        proved=door.proved,
        device=door.device,
        actions=list(door.actions),
    )


def _bookings_of(today: Span, space: SpaceStatus) -> list[Booking]:
    return [
        booking
        for booking in space.booked
        if today.overlaps(Span(booking.wish.starts_at, booking.wish.ends_at))
    ]


def _day(today: Span, bookings: list[Booking], day: Day | None) -> DayOut:
    return DayOut(
        whole=span_out(today),
        booked=[SpanOut(start=held.wish.starts_at, end=held.wish.ends_at) for held in bookings],
        used=None if day is None else [span_out(span) for span in day.used],
        unknown=[] if day is None else [span_out(span) for span in day.unknown],
    )


def _fact(seen: Observation, status: SiteStatus) -> FactOut:
    device = seen.device
    return FactOut(
        device=f"{seen.series.site}.{seen.series.device}",
        device_name=NameOut(ja=seen.series.device, en=seen.series.device)
        if device is None
        else name_out(device.name),
        quantity=seen.quantity.name,
        channel=seen.series.channel,
        name=NameOut(ja=seen.quantity.ja, en=seen.quantity.en),
        unit=seen.quantity.unit,
        value=plain(seen.value),
        nothing=why(seen.value),
        last=plain(seen.last),
        at=seen.at,
        received_at=seen.received_at,
        age=(status.now - seen.at).total_seconds(),
        standing=seen.standing.value,
        trust=seen.trust.name.lower(),
        simulated=device is not None and device.simulated,
        since=_since(seen.since),
    )
