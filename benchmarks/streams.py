"""Readings as a small hall makes them, for whatever is measured: seeded, and none of them special.

Thirty-two series of ten devices: a radar that changes by the second, air that drifts, a lock that
hardly ever moves. Times jitter by a millisecond or two, as they do on a Pi.
"""

import json
import random
from collections.abc import Iterator
from decimal import Decimal

from cloud_sync.block import BlockId, Column, Dating, seal
from cloud_sync.channels import ChannelTable
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Reading, Stamp, Trust

DATED = Dating(1_780_000_000_000_000, Trust.NTP)

# device, quantity, channel, step, seconds between readings, start, drift a reading
SERIES = [
    *((f"tag-{n}", "air_temperature", "", "0.005", 1, 21.0, 0.01) for n in range(4)),
    *((f"tag-{n}", "relative_humidity", "", "0.0025", 1, 48.0, 0.02) for n in range(4)),
    *((f"tag-{n}", "air_pressure", "", "0.01", 1, 1013.2, 0.01) for n in range(4)),
    *((f"tag-{n}", "battery_voltage", "", "0.001", 1, 2.95, 0.001) for n in range(4)),
    *(
        (f"tag-{n}", "acceleration", axis, "0.001", 1, 0.1, 0.004)
        for n in range(2)
        for axis in "xyz"
    ),
    ("radar", "moving_distance", "", "10", 1, 1800.0, 120.0),
    ("radar", "still_distance", "", "10", 1, 2200.0, 30.0),
    ("co2", "co2", "", "1", 10, 640.0, 3.0),
    ("co2", "device_temperature", "", "1", 10, 26.0, 0.2),
    ("dust", "pm25", "", "0.1", 1, 6.0, 0.2),
    ("dust", "pm10", "", "0.1", 1, 9.0, 0.3),
    ("mast", "wind_speed", "", "0.1", 1, 3.0, 0.5),
    ("mast", "wind_direction", "", "1", 1, 240.0, 6.0),
    ("mast", "rain_intensity", "", "0.1", 10, 0.0, 0.0),
    ("road", "road_temperature", "", "0.01", 10, 1.2, 0.02),
]


def readings(seconds: int, *, seed: int = 1) -> Iterator[Reading]:
    """Give the readings of so many seconds, in the order in which they happen."""
    dice = random.Random(seed)
    values = [start for *_, start, _ in SERIES]
    for second in range(seconds):
        for place, (device, quantity, channel, step, every, _, drift) in enumerate(SERIES):
            if second % every:
                continue
            values[place] += dice.gauss(0, drift)
            exact = Decimal(step)
            value = round(values[place] / float(exact)) * float(exact)
            at_us = second * 1_000_000 + 1000 * (place + dice.choice((0, 0, 0, 1, 2)))
            measurement = Measurement(QUANTITIES[quantity], value, channel, exact)
            yield Reading(device, measurement, Stamp("boot", at_us))


def blocks(seconds: int, *, interval: int, seed: int = 1) -> tuple[ChannelTable, list[bytes], int]:
    """Seal the readings of so many seconds in one lane; give table, blocks, and their number."""
    table, sealed, count = ChannelTable(), [], 0
    columns: dict[int, list[tuple[int, int]]] = {}
    edge = interval * 1_000_000
    for reading in readings(seconds, seed=seed):
        if reading.stamp.since_boot_us >= edge:
            sealed.append(_seal(table, columns, len(sealed)))
            columns, edge = {}, edge + interval * 1_000_000
        number = table.number(reading.device, reading.measurement)
        steps = table.rows[number].steps(reading.measurement.value)
        columns.setdefault(number, []).append((reading.stamp.since_boot_us, steps))
        count += 1
    sealed.append(_seal(table, columns, len(sealed)))
    return table, sealed, count


def as_json(reading: Reading) -> bytes:
    """Write a reading as plain JSON, as peers do."""
    measurement = reading.measurement
    return json.dumps(
        {
            "d": reading.device,
            "q": measurement.quantity.name,
            "t": DATED.anchor_us + reading.stamp.since_boot_us,
            "v": measurement.value,
        },
        separators=(",", ":"),
    ).encode()


def _seal(table: ChannelTable, columns: dict[int, list[tuple[int, int]]], seq: int) -> bytes:
    return seal(
        BlockId(b"bench!", Lane.ENVIRONMENT, seq),
        table=table.name,
        dating=DATED,
        columns=[
            Column(number, *(tuple(part) for part in zip(*rows, strict=True)))
            for number, rows in sorted(columns.items())
        ],
    )
