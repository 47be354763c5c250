import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing import H4Framer
from firmware_bridge.hci import adverts
from hardware.advert import uuid128
from hardware.errors import BrokenFrame, DecodeError, NotMine

# One advertisement that a Linux box heard (ttu/ruuvitag-sensor at ba861e53, hcidump; MIT).
RUUVI = bytes.fromhex(
    "043e2b020103019ecb99fa0dc51f0201061bff99040510dc9680cfa60424ffc8fff4a936e3c8bfc50dfa99cb9eb8"
)


def extended(data: bytes, *, status: int = 0) -> bytes:
    """An extended report around advertising data, by the layout in the Core Specification."""
    report = (
        (0x13 | status << 5).to_bytes(2, "little")
        + bytes((1,))
        + bytes.fromhex("0fcbee26ad21")
        + bytes((1, 0, 0xFF, 127, 0xC4))  # PHYs, set, power, RSSI -60
        + bytes(9)
        + bytes((len(data),))
        + data
    )
    return bytes((0x04, 0x3E, len(report) + 2, 0x0D, 1)) + report


def test_a_legacy_report_gives_address_company_data_and_signal_strength() -> None:
    (advert,) = adverts(RUUVI)
    assert advert.address == "C5:0D:FA:99:CB:9E"
    assert advert.rssi == -72
    assert advert.company_data == {0x0499: RUUVI[21:-1]}


def test_an_extended_report_gives_service_data_and_name() -> None:
    (advert,) = adverts(extended(bytes.fromhex("0201060616d2fc40012d0309") + b"ab"))
    assert advert.address == "21:AD:26:EE:CB:0F"
    assert advert.service_data == {uuid128("fcd2"): bytes.fromhex("40012d")}
    assert (advert.name, advert.rssi) == ("ab", -60)


def test_service_data_of_all_three_kinds_of_uuid_is_found() -> None:
    long = bytes(range(16))
    data = bytes.fromhex("0416d2fc41062099887766aa") + bytes((18, 0x21)) + long + b"\x07"
    (advert,) = adverts(extended(data))
    assert advert.service_data == {
        uuid128("fcd2"): b"\x41",
        "66778899-0000-1000-8000-00805f9b34fb": b"\xaa",
        "0f0e0d0c-0b0a-0908-0706-050403020100": b"\x07",
    }


def test_a_fragment_of_a_long_advertisement_is_left_out() -> None:
    assert adverts(extended(b"\x02\x01\x06", status=1)) == []
    assert adverts(extended(b"\x02\x01\x06", status=2)) == []


def test_an_unknown_signal_strength_is_none_and_not_127() -> None:
    (advert,) = adverts(RUUVI[:-1] + b"\x7f")
    assert advert.rssi is None


def test_a_structure_that_is_cut_off_is_left_out_and_those_before_it_stay() -> None:
    (advert,) = adverts(extended(bytes.fromhex("0416d2fc40" + "1bff9904")))
    assert advert.service_data == {uuid128("fcd2"): b"\x40"}
    assert advert.company_data == {}


def test_another_event_is_not_ours() -> None:
    with pytest.raises(NotMine):
        adverts(bytes.fromhex("040e0401030c00"))


@given(st.binary(max_size=80))
def test_any_bytes_give_adverts_or_a_decode_error(octets: bytes) -> None:
    for event in (octets, b"\x04\x3e" + octets, b"\x04\x3e" + bytes((len(octets),)) + octets):
        try:
            found = adverts(event)
        except DecodeError:
            continue
        assert all(len(advert.address) == 17 for advert in found)


@given(st.integers(0, len(RUUVI) - 1))
def test_every_cut_event_is_refused(length: int) -> None:
    with pytest.raises(DecodeError):
        adverts(RUUVI[:length])


def test_more_bytes_than_the_reports_need_are_refused() -> None:
    with pytest.raises(BrokenFrame):
        adverts(bytes((4, 0x3E, RUUVI[2] + 1)) + RUUVI[3:] + b"\x00")


def test_every_packet_of_a_real_capture_is_read_as_it_was_recorded(shared_records: Path) -> None:
    lines = (shared_records / "radio_capture.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    stream = b"".join(bytes.fromhex(record["hci_hex"]) for record in records)
    events = [event for event in H4Framer().feed(stream) if isinstance(event, bytes)]
    assert len(events) == len(records)
    for event, record in zip(events, records, strict=True):
        (advert,) = adverts(event)
        assert advert.address == record["address"]
        assert advert.rssi == record["rssi"]
        assert {str(k): v.hex() for k, v in advert.company_data.items()} == record[
            "manufacturer_data"
        ]
        assert {k: v.hex() for k, v in advert.service_data.items()} == record["service_data"]
