"""Shapes that several nouns share. Times go out in UTC with their offset."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, PlainSerializer

from gateway.bookings.free import Span
from gateway.places import Places
from hardware.place import Name, Site, Space
from hardware.reading import Absence, Value

Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: moment.astimezone(UTC).isoformat(), return_type=str, when_used="json"
    ),
]


Nothing = Literal["not_available", "implausible", "silent"]


class NameOut(BaseModel):
    """What people call it."""

    ja: str
    en: str


class SpanOut(BaseModel):
    """A half-open interval of time."""

    start: Moment
    end: Moment


class SpaceOut(BaseModel):
    """A place that is watched or booked."""

    site: str
    id: str
    name: NameOut
    kind: str
    bookable: bool
    parts: list[str]
    capacity: int | None
    phone: str | None


class SiteOut(BaseModel):
    """One address with its spaces; its clock shows ``timezone``."""

    id: str
    name: NameOut
    timezone: str
    spaces: list[SpaceOut]


def name_out(name: Name) -> NameOut:
    """Translate a name."""
    return NameOut(ja=name.ja, en=name.en)


def span_out(span: Span) -> SpanOut:
    """Translate an interval."""
    return SpanOut(start=span.start, end=span.end)


def space_out(places: Places, site: Site, space: Space) -> SpaceOut:
    """Translate a space."""
    return SpaceOut(
        site=site.id,
        id=space.id,
        name=name_out(space.name),
        kind=space.kind,
        bookable=space.bookable,
        parts=list(space.parts),
        capacity=space.capacity,
        phone=places.phones.get((site.id, space.id)),
    )


def site_out(places: Places, site: Site) -> SiteOut:
    """Translate a site."""
    return SiteOut(
        id=site.id,
        name=name_out(site.name),
        timezone=site.timezone,
        spaces=[space_out(places, site, space) for space in site.spaces],
    )


def plain(value: Value | None) -> float | str | None:
    """Give a value as JSON has it; why there is none stands beside it, never in its place."""
    return None if isinstance(value, Absence) else value


def why(value: Value | None) -> Nothing | None:
    """Say which kind of nothing a value is."""
    return value.value if isinstance(value, Absence) else None
