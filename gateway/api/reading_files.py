"""Readings as files: CSV for spreadsheets, SenML (RFC 8428) for machines."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cloud_sync.stores.store import Bucket, Sample
from gateway.api.shapes import plain, why
from hardware.clock import from_unix_us
from hardware.quantity import Quantity
from hardware.reading import Absence

CSV = "text/csv"
SENML = "application/senml+json"


@dataclass(frozen=True, slots=True)
class Series:
    """What a file is about; ``device`` as in URLs, ``timezone`` of its site."""

    device: str
    quantity: Quantity
    channel: str
    timezone: str

    @property
    def name(self) -> str:
        """The series in one word of the characters that SenML and file systems allow."""
        return ".".join(filter(None, (self.device, self.quantity.name, self.channel)))


def samples_csv(series: Series, samples: Iterable[Sample]) -> str:
    """Write readings, each with its unit, or why there is no value."""
    head = ["at_utc", f"at_{series.timezone}", "value", "unit", "nothing"]
    unit = series.quantity.unit
    return _table(
        head,
        (
            [*_times(sample.at_us, series), plain(sample.value), unit, why(sample.value)]
            for sample in samples
        ),
    )


def buckets_csv(series: Series, buckets: Iterable[Bucket]) -> str:
    """Write steps of time; ``absent`` counts the readings that have no value."""
    head = ["start_utc", f"start_{series.timezone}", "count", "absent", "mean", "low", "high"]
    unit = series.quantity.unit
    return _table(
        [*head, "last", "unit", "nothing"],
        (
            [
                *_times(bucket.start_us, series),
                bucket.count,
                bucket.absent,
                bucket.mean,
                bucket.low,
                bucket.high,
                plain(bucket.last),
                unit,
                why(bucket.last),
            ]
            for bucket in buckets
        ),
    )


def senml(series: Series, samples: Iterable[Sample]) -> list[dict[str, object]]:
    """Write a SenML pack; times are absolute, readings without a value are left out."""
    records: list[dict[str, object]] = []
    for sample in samples:
        if isinstance(sample.value, Absence):
            continue
        record: dict[str, object] = {"n": series.name, "t": sample.at_us / 1_000_000}
        if isinstance(sample.value, str):
            record["vs"] = sample.value
        else:
            record |= {"u": series.quantity.unit, "v": sample.value}
        records.append(record)
    return records


def _times(at_us: int, series: Series) -> list[str]:
    at = from_unix_us(at_us)
    return [at.isoformat(), at.astimezone(ZoneInfo(series.timezone)).isoformat()]


def _table(head: list[str], rows: Iterable[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
