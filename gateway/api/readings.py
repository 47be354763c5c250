"""Readings: one series over a time, as they came or in steps; as JSON, CSV or SenML."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from cloud_sync.stores.store import Bucket, Sample, SeriesKey
from gateway.api.devices import find_device
from gateway.api.identity import Reader
from gateway.api.problems import Problem, documented
from gateway.api.reading_files import CSV, SENML, Series, buckets_csv, samples_csv, senml
from gateway.api.service import TheService
from gateway.api.shapes import Moment, Nothing, plain, why
from hardware.clock import from_unix_us, to_unix_us
from hardware.quantity import QUANTITIES

router = APIRouter(tags=["readings"], prefix="/api/v1/devices/{device}/readings")

LONGEST_RAW = timedelta(days=7)  # at one reading in ten seconds 60,000 readings, 6 MB
LONGEST = timedelta(days=31)  # a month: the planner's unit
MOST_STEPS = 5000  # more than any screen has pixels
SHORTEST_STEP = 10  # seconds; the journal's own


class Format(StrEnum):
    """In which form readings are given."""

    JSON = "json"
    CSV = "csv"
    SENML = "senml"


class ReadingOut(BaseModel):
    """One reading; where there is no value, ``nothing`` says why."""

    at: Moment
    value: float | str | None
    nothing: Nothing | None


class BucketOut(BaseModel):
    """A step of time. ``last`` is the last value in it, of whatever kind."""

    start: Moment
    count: int = Field(description="Readings that have a number.")
    absent: int = Field(description="Readings that say why there is none.")
    mean: float | None
    low: float | None
    high: float | None
    last: float | str | None
    nothing: Nothing | None


class ReadingsOut(BaseModel):
    """A series over a time: ``readings`` as they came, or ``steps``."""

    device: str
    quantity: str
    channel: str
    unit: str = Field(description="SenML unit code; empty for states.")
    timezone: str = Field(description="Of the site; the times here are UTC.")
    readings: list[ReadingOut] | None = None
    steps: list[BucketOut] | None = None


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The readings.",
        "content": {
            CSV: {"schema": {"type": "string"}},
            SENML: {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


@router.get(
    "",
    operation_id="getReadings",
    summary="Get the readings of a series",
    response_model=ReadingsOut,
    responses=_ANSWERS | documented(401, 403, 404, 422, 503),
)
def get_readings(
    service: TheService,
    who: Reader,
    device: str,
    quantity: Annotated[str, Query(examples=["co2"])],
    start: Annotated[AwareDatetime, Query(alias="from")],
    end: Annotated[AwareDatetime, Query(alias="to")],
    channel: str = "",
    step: Annotated[
        int | None, Query(ge=SHORTEST_STEP, description="Seconds; without it, as they came.")
    ] = None,
    form: Annotated[Format | None, Query(alias="format")] = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Give a series in ``[from, to)``, oldest first.

    SenML has no word for a reading without a value: there they are left out.
    """
    known = find_device(service, who, device)
    if quantity not in QUANTITIES:
        raise Problem(404, "not-found", f"there is no quantity {quantity!r}")
    _bounded(start, end, step)
    site = service.places.site(known.node.key.site)
    assert site is not None, "its device was found"
    series = Series(device, QUANTITIES[quantity], channel, site.timezone)
    key = SeriesKey(site.id, known.node.key.node, known.device.id, quantity, channel)
    wanted = form or _accepted(accept)
    span = to_unix_us(start), to_unix_us(end)
    if step is None:
        return _samples(series, list(service.store.range(key, *span)), wanted)
    if wanted is Format.SENML:
        raise Problem(422, "format", "SenML is given as readings came; leave out `step`")
    return _buckets(series, service.store.aggregate(key, *span, step * 1_000_000), wanted)


def _bounded(start: datetime, end: datetime, step: int | None) -> None:
    longest = LONGEST_RAW if step is None else min(LONGEST, timedelta(seconds=step) * MOST_STEPS)
    if not start < end:
        raise Problem(422, "span", "`to` must be after `from`")
    if end - start > longest:
        raise Problem(422, "span", f"at most {longest} at once; ask in parts, or in longer steps")


def _accepted(accept: str) -> Format:
    for form, media_type in ((Format.CSV, CSV), (Format.SENML, SENML)):
        if media_type in accept:
            return form
    return Format.JSON


def _samples(series: Series, samples: list[Sample], form: Format) -> Response:
    if form is Format.CSV:
        return _file(series, samples_csv(series, samples))
    if form is Format.SENML:
        return JSONResponse(senml(series, samples), media_type=SENML)
    return _json(series, readings=[_reading(sample) for sample in samples])


def _buckets(series: Series, buckets: list[Bucket], form: Format) -> Response:
    if form is Format.CSV:
        return _file(series, buckets_csv(series, buckets))
    return _json(series, steps=[_step(bucket) for bucket in buckets])


def _reading(sample: Sample) -> ReadingOut:
    return ReadingOut(
        at=from_unix_us(sample.at_us), value=plain(sample.value), nothing=why(sample.value)
    )


def _step(bucket: Bucket) -> BucketOut:
    return BucketOut(
        start=from_unix_us(bucket.start_us),
        count=bucket.count,
        absent=bucket.absent,
        mean=bucket.mean,
        low=bucket.low,
        high=bucket.high,
        last=plain(bucket.last),
        nothing=why(bucket.last),
    )


def _json(
    series: Series,
    readings: list[ReadingOut] | None = None,
    steps: list[BucketOut] | None = None,
) -> Response:
    body = ReadingsOut(
        device=series.device,
        quantity=series.quantity.name,
        channel=series.channel,
        unit=series.quantity.unit,
        timezone=series.timezone,
        readings=readings,
        steps=steps,
    )
    return Response(body.model_dump_json(), media_type="application/json")


def _file(series: Series, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{series.name}.csv"'}
    return Response(text, media_type=CSV, headers=headers)
