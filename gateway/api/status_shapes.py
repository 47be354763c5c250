"""What the status of a site looks like from outside."""

from typing import Literal

from pydantic import BaseModel, Field

from gateway.api.booking_shapes import BookingOut
from gateway.api.shapes import Moment, NameOut, Nothing, SpaceOut, SpanOut

SeverityName = Literal["fine", "notice", "warning", "alarm"]


class SinceOut(BaseModel):
    """From when a state has held; ``at_least`` where it is older than that."""

    at: Moment
    at_least: bool


class FactOut(BaseModel):
    """One series now.

    ``value`` is what holds now; where it is null, ``nothing`` says why. What was last heard, of
    whatever age, is ``last``: it is never a value of now unless ``standing`` is ``current``.
    """

    device: str = Field(examples=["tokiwa.air-1"])
    device_name: NameOut
    quantity: str
    channel: str
    name: NameOut
    unit: str
    value: float | str | None
    nothing: Nothing | None
    last: float | str | None
    at: Moment
    received_at: Moment
    age: float = Field(description="Seconds between the observation and the status.")
    standing: Literal["current", "stale", "silent", "offline", "future"]
    trust: str = Field(description="How far the time is trusted.", examples=["ntp"])
    simulated: bool
    since: SinceOut | None


class TroubleOut(BaseModel):
    """What is wrong, in words."""

    code: str
    severity: SeverityName
    ja: str
    en: str
    since: Moment | None
    device: str


class OccupancyOut(BaseModel):
    """Whether somebody is there, and by which quantity that is known."""

    state: Literal["occupied", "empty", "unknown"]
    why: str
    since: SinceOut | None
    people: int | None


class AirOut(BaseModel):
    """The air: the worst of what is measured."""

    verdict: Literal["good", "fair", "ventilate", "bad", "unknown"]
    co2: float | None
    temperature: float | None
    humidity: float | None


class DoorOut(BaseModel):
    """The door; ``proved`` if a contact says so, not merely a radio advert."""

    state: str
    contact: str
    lock: str
    since: SinceOut | None
    proved: bool
    device: str | None
    actions: list[str]


class DayOut(BaseModel):
    """Today, as the strip shows it. ``used`` is null where no sensor could know."""

    whole: SpanOut
    booked: list[SpanOut]
    used: list[SpanOut] | None
    unknown: list[SpanOut]


class SpaceStatusOut(BaseModel):
    """A space now."""

    space: SpaceOut
    severity: SeverityName
    simulated: bool
    troubles: list[TroubleOut]
    occupancy: OccupancyOut
    air: AirOut | None
    door: DoorOut | None
    now: BookingOut | None
    next: BookingOut | None
    bookings: list[BookingOut] = Field(description="Those that touch today.")
    day: DayOut
    facts: list[FactOut]


class NodeOut(BaseModel):
    """A node: is it connected, and since when."""

    id: str
    online: bool | None
    since: Moment | None
    version: str | None


class StatusOut(BaseModel):
    """A site now; the worst space first."""

    site: str
    name: NameOut
    timezone: str
    at: Moment
    severity: SeverityName
    simulated: bool
    nodes: list[NodeOut]
    spaces: list[SpaceStatusOut]
    unplaced: list[FactOut]
