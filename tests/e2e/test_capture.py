"""What one real radio heard, fed at the adapter's door of a whole site."""

import json
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from fakes.demo import until
from fakes.programs import Site

# What the record calls it, what we call it, and the step in which the record's author rounded.
QUANTITIES = {
    "temperature": ("air_temperature", 0.01),
    "humidity": ("relative_humidity", 0.01),
    "pressure": ("air_pressure", 0.01),
    "voltage": ("battery_voltage", 0.001),
    "tx power": ("transmit_power", 2),
}


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.stop()


def tags(shared_records):
    """What the capture holds of each RuuviTag, in the order in which it was heard."""
    heard = defaultdict(list)
    for line in (shared_records / "radio_capture.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["is_ruuvi"]:
            heard[record["address"]].append(record["expected"])
    return heard


def test_every_ruuvitag_reading_arrives_once_and_nothing_is_invented(site, shared_records):
    heard = tags(shared_records)
    devices = "".join(
        f'[[device]]\nid = "tag-{n}"\nmodel = "ruuvitag"\nspace = "room"\naddress = "{address}"\n'
        for n, address in enumerate(heard)
    )
    capture = str(shared_records / "radio_capture.jsonl")
    site.run("replay", capture, "radio", "--after", "6", "--every", "0.02")
    site.start('[bluetooth]\nadapter = "h4:radio"\n' + devices)
    began = datetime.now(UTC)  # noqa: TID251

    with closing(site.client()) as client:
        until(lambda: "chunks sent" in (site.folder / "replay.log").read_text(), within=60)
        ended = datetime.now(UTC)  # noqa: TID251
        for number, expected in enumerate(heard.values()):
            for name, (quantity, step) in QUANTITIES.items():
                wanted = [reading[name] for reading in expected]
                found = until(
                    lambda n=number, q=quantity, w=wanted: all_of(client, n, q, at_least=len(w))
                )
                values = [reading["value"] for reading in found]
                assert values == pytest.approx(wanted, abs=step)
                times = [datetime.fromisoformat(reading["at"]) for reading in found]
                assert times == sorted(set(times))
                slack = timedelta(seconds=1)
                assert began - slack <= times[0] <= times[-1] <= ended + slack
        listed = client.get("/api/v1/devices", params={"site": "hall"}).json()
        assert {device["id"] for device in listed} == {f"hall.tag-{n}" for n in range(len(heard))}
        status = client.get("/api/v1/sites/hall/status").json()
        told = {fact["device"] for space in status["spaces"] for fact in space["facts"]}
        assert told == {f"hall.tag-{n}" for n in range(len(heard))}


def all_of(client, number, quantity, *, at_least):
    now = datetime.now(UTC)  # noqa: TID251
    answer = client.get(
        f"/api/v1/devices/hall.tag-{number}/readings",
        params={
            "quantity": quantity,
            "from": (now - timedelta(minutes=10)).isoformat(),
            "to": (now + timedelta(minutes=1)).isoformat(),
        },
    )
    assert answer.status_code == 200, answer.text
    readings = answer.json()["readings"]
    return readings if len(readings) >= at_least else None
