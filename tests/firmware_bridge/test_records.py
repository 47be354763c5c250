"""The collected frames and lines of serial devices, for which there is a profile."""

import json
from pathlib import Path

import pytest
from contract.capture_files import as_given, assert_sound, decode

from firmware_bridge.devices import conversation
from firmware_bridge.framing import FrameFramer
from hardware.checksum import crc16_modbus
from hardware.errors import DecodeError
from hardware.layout import FrameLayout
from hardware.profile_file import load_profile


def records(folder: Path, name: str) -> list[dict]:
    lines = (folder / "serial" / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_collected_radar_report_is_read(shared_records: Path) -> None:
    profile = load_profile("hlk-ld2410")
    found = records(shared_records, "ld2410")
    for record in found:
        measured = decode(profile, bytes.fromhex(record["hex"]))
        assert isinstance(measured, tuple), record["id"]
        assert_sound(profile, measured)
        values, said = as_given(measured), record["expected"]
        assert values["presence"] == ("present" if said["occupied"] else "absent")
        assert values["motion"] == ("moving" if said["moving"] else "still")
        if said["stationary"]:
            assert values["still_distance"] == said["still_cm"] * 10
    assert len(found) >= 4


@pytest.mark.parametrize(("model", "start"), [("mh-z19b", "ff8"), ("sds011", "a")])
def test_every_collected_frame_of_an_air_sensor_is_read_or_refused(
    shared_records: Path, model: str, start: str
) -> None:
    names = {"CO2": "co2", "pm25": "pm25", "pm10": "pm10"}
    profile, read = load_profile(model), 0
    for record in records(shared_records, "pm_co2_uart"):
        ours = record["hex"].startswith(start) and not record["hex"].startswith("aacf")
        if not ours:
            assert isinstance(decode(profile, bytes.fromhex(record["hex"])), DecodeError)
            continue
        measured = decode(profile, bytes.fromhex(record["hex"]))
        assert isinstance(measured, tuple) == record["valid"], record["id"]
        if isinstance(measured, tuple):
            values = as_given(measured)
            for name, said in record["expected"].items():
                assert values[names[name]] == said
            read += 1
    assert read >= 4


def test_every_collected_range_is_read_or_refused(shared_records: Path) -> None:
    profile = load_profile("maxbotix-hrxl-5m")
    for record in records(shared_records, "maxbotix_ascii"):
        measured = decode(profile, bytes.fromhex(record["hex"]))
        assert isinstance(measured, tuple) == record["valid"], record["id"]
        if isinstance(measured, tuple):
            assert as_given(measured) == {"distance": record["expected"]["range_mm"]}


def test_every_collected_weather_line_is_read_or_refused_whole(shared_records: Path) -> None:
    names = {
        "Dn": "wind_direction min", "Dm": "wind_direction", "Dx": "wind_direction max",
        "Sn": "wind_speed min", "Sm": "wind_speed", "Sx": "wind_speed max",
        "Ta": "air_temperature", "Ua": "relative_humidity", "Pa": "air_pressure",
        "Rc": "rainfall", "Ri": "rain_intensity", "Rd": "rain_duration", "Vs": "supply_voltage",
    }  # fmt: skip
    profile, compared = load_profile("vaisala-wxt530"), 0
    for record in records(shared_records, "wxt_ascii"):
        measured = decode(profile, record["ascii"].encode("latin-1"))
        if "TX," in record["ascii"]:
            assert measured == ()
            continue
        # Spliced and damaged lines are recorded without a verdict: we refuse them whole.
        assert isinstance(measured, tuple) == (record["valid"] is True), record["id"]
        if isinstance(measured, DecodeError):
            continue
        values = as_given(measured)
        for key, said in record["expected"].items():
            if key in names and said["unit"] == "#":
                assert values[names[key]] == "not_available"
            elif key in names:
                assert values[names[key]] == pytest.approx(said["value"], abs=0.051)
                compared += 1
    assert compared > 60


def test_every_collected_umb_frame_is_sound_or_refused(shared_records: Path) -> None:
    layout = load_profile("lufft-irs31pro").layout
    assert isinstance(layout, FrameLayout)
    for record in records(shared_records, "umb"):
        octets = bytes.fromhex(record["hex"])
        found = [item for item in FrameFramer(layout).feed(octets) if isinstance(item, bytes)]
        assert (found == [octets]) == record["valid"], record["id"]


def test_our_modbus_question_is_the_collected_one(shared_records: Path) -> None:
    known = {record["hex"]: record["valid"] for record in records(shared_records, "modbus_rtu")}
    assert known[conversation(load_profile("senseair-s8")).request.hex()]
    for text, valid in known.items():
        octets = bytes.fromhex(text)
        sound = crc16_modbus(octets[:-2]).to_bytes(2, "little") == octets[-2:]
        assert sound == valid, text
