"""The status of a space: everything that is known of it, and the worst first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.bookings.booking import Booking
from gateway.status import air, devices, door, outdoors
from gateway.status.air import Air
from gateway.status.door import Door
from gateway.status.observation import Observation
from gateway.status.occupancy import SENSES, Occupancy, Presence, occupancy
from gateway.status.trouble import Severity, Trouble, worst
from hardware.place import Space, SpaceKind

# People come before their time, to carry chairs; then an open door is no trouble.
ARRIVES = timedelta(minutes=15)

# Nobody airs these.
_OUTSIDE = (SpaceKind.ROAD, SpaceKind.OUTDOORS, SpaceKind.SHOULDER, SpaceKind.BAY)


@dataclass(frozen=True, slots=True)
class SpaceStatus:
    """A space now.

    Attributes:
        air, door: None where nothing of it is measured.
        troubles: the worst first.
        booked: the bookings that take the space or a part of it, in order, as far as was looked.
        observations: every series of the devices in it.
    """

    space: Space
    occupancy: Occupancy
    air: Air | None
    door: Door | None
    troubles: tuple[Trouble, ...]
    booked: tuple[Booking, ...]
    observations: tuple[Observation, ...]
    now: datetime

    @property
    def severity(self) -> Severity:
        """How bad the worst trouble is."""
        return worst(self.troubles)

    @property
    def simulated(self) -> bool:
        """Whether anything here comes from a virtual device."""
        return any(seen.device is not None and seen.device.simulated for seen in self.observations)

    @property
    def current(self) -> Booking | None:
        """The booking that holds now."""
        return next((b for b in self.booked if b.wish.starts_at <= self.now < b.wish.ends_at), None)

    @property
    def next(self) -> Booking | None:
        """The booking after that."""
        return next((b for b in self.booked if b.wish.starts_at > self.now), None)


def space_status(
    space: Space,
    observations: Sequence[Observation],
    bookings: Iterable[Booking],
    now: datetime,
    *,
    of_parts: Sequence[Observation] = (),
    of_site: Sequence[Observation] = (),
) -> SpaceStatus:
    """Judge one space.

    Args:
        space: as configured.
        observations: of the devices that stand in it.
        bookings: of the site, in order of their start; those that do not take the space are left
            out.
        now: aware.
        of_parts: of the devices in its parts; whoever is in a part is in the whole.
        of_site: of all devices of the site; the door of a space that has no sensor and cannot be
            booked (an entrance) stands open for whoever is anywhere.
    """
    held = tuple(bookings)
    booked = tuple(booking for booking in held if booking.takes(space))
    who = occupancy([*observations, *of_parts], now)
    own = space.bookable or who.why != "no_sensor"
    in_use = _in_use(who) if own else _anywhere(of_site, now)
    expected = _expected(booked if own else held, now)
    what = None if space.kind in _OUTSIDE else air.air(observations)
    way = door.door(observations)
    troubles = [
        *door.troubles(way, in_use=in_use, booked=expected, now=now),
        *air.troubles(what),
        *outdoors.troubles(observations),
        *devices.troubles(observations),
    ]
    troubles.sort(key=lambda trouble: -trouble.severity)
    return SpaceStatus(space, who, what, way, tuple(troubles), booked, tuple(observations), now)


def by_trouble(spaces: Iterable[SpaceStatus]) -> list[SpaceStatus]:
    """Sort: the worst first, then more troubles before fewer; equals stay in their order."""
    return sorted(spaces, key=lambda status: (-status.severity, -len(status.troubles)))


def _in_use(who: Occupancy) -> bool | None:
    return None if who.presence is Presence.UNKNOWN else who.presence is Presence.OCCUPIED


def _anywhere(of_site: Iterable[Observation], now: datetime) -> bool | None:
    """Whether somebody is at the site. Nobody is, only if every sensor there can say so."""
    senses = [seen for seen in of_site if seen.quantity.name in SENSES]
    in_use = _in_use(occupancy(senses, now))
    return None if in_use is False and not all(seen.known for seen in senses) else in_use


def _expected(booked: Iterable[Booking], now: datetime) -> bool:
    """Whether a booking holds now or will soon."""
    return any(b.wish.starts_at - ARRIVES <= now < b.wish.ends_at for b in booked)
