import json
from pathlib import Path

import pytest

from firmware_bridge.devices import hearer
from firmware_bridge.driver import Secrets
from firmware_bridge.hci import adverts
from hardware.advert import Advert, uuid128
from hardware.errors import BrokenFrame, ConfigError, DecodeError, NeedsKey, NotMine
from hardware.profile_file import load_profile
from hardware.reading import Absence, Measurements

RUUVI = load_profile("ruuvitag")
BTHOME = load_profile("bthome")
METER = load_profile("switchbot-meter")
LOCK = load_profile("switchbot-lock")
NO_KEY = Secrets()

# BTHome's worked example of encryption: temperature and humidity, counter 33221100h.
KEY = Secrets(bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932"))
SEALED = "41a47266c95f730011223378237214"


def tag(payload: str, address: str = "CB:B8:33:4C:88:4F") -> Advert:
    return Advert(address, company_data={0x0499: bytes.fromhex(payload)})


def bthome(payload: str, address: str = "54:48:E6:8F:80:A5") -> Advert:
    return Advert(address, service_data={uuid128("fcd2"): bytes.fromhex(payload)})


def sealed(objects: str, counter: int) -> str:
    """Encrypt objects as a BTHome device does."""
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM

    count = counter.to_bytes(4, "little")
    nonce = bytes.fromhex("5448e68f80a5") + b"\xd2\xfc\x41" + count
    assert KEY.key is not None
    closed = AESCCM(KEY.key, tag_length=4).encrypt(nonce, bytes.fromhex(objects), None)
    return (b"\x41" + closed[:-4] + count + closed[-4:]).hex()


def values(measurements: Measurements) -> list[object]:
    return [m.value for m in measurements]


VALID = "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f"
NEXT = "0512fc5394c37c0004fffc040cac364200cecbb8334c884f"


def test_a_tag_that_repeats_itself_is_measured_once() -> None:
    driver = hearer(RUUVI, NO_KEY)
    assert len(driver.hear(tag(VALID))) == 9
    assert driver.hear(tag(VALID)) == ()
    assert len(driver.hear(tag(NEXT))) == 9


def test_repeats_are_remembered_for_each_address() -> None:
    driver = hearer(RUUVI, NO_KEY)
    driver.hear(tag(VALID))
    assert driver.hear(tag(VALID, address="C5:0D:FA:99:CB:9E"))


def test_a_tag_that_cannot_count_is_still_measured_when_its_values_change() -> None:
    driver = hearer(RUUVI, NO_KEY)
    driver.hear(tag("0512fc5394c37c0004fffc040cac3642ffffcbb8334c884f"))
    assert driver.hear(tag("0512fd5394c37c0004fffc040cac3642ffffcbb8334c884f"))


def test_a_damaged_advertisement_is_not_taken_for_the_one_before_a_repeat() -> None:
    driver = hearer(RUUVI, NO_KEY)
    driver.hear(tag(VALID))
    with pytest.raises(BrokenFrame):
        driver.hear(tag(VALID[:-2]))
    assert driver.hear(tag(VALID)) == ()


def test_a_key_for_a_device_that_does_not_encrypt_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="does not encrypt"):
        hearer(RUUVI, KEY)


# BTHome ------------------------------------------------------------------------------------------


def test_a_sealed_advertisement_is_opened_with_its_key() -> None:
    assert values(hearer(BTHOME, KEY).hear(bthome(SEALED))) == [25.06, 50.55]


def test_the_repeat_of_a_sealed_advertisement_gives_nothing() -> None:
    driver = hearer(BTHOME, KEY)
    driver.hear(bthome(SEALED))
    assert driver.hear(bthome(SEALED)) == ()


def test_a_recorded_advertisement_is_refused_even_with_a_counter_below_100() -> None:
    """The library takes such a counter for a device with a new battery, again and again."""
    driver = hearer(BTHOME, KEY)
    opened, closed = sealed("2d01", 5), sealed("2d00", 99)
    assert values(driver.hear(bthome(opened))) == ["open"]
    assert values(driver.hear(bthome(closed))) == ["closed"]
    with pytest.raises(BrokenFrame, match="counter 5 after 99: recorded and sent again"):
        driver.hear(bthome(opened))
    assert values(driver.hear(bthome(sealed("2d01", 100)))) == ["open"]


def test_the_counter_outlives_the_process() -> None:
    driver = hearer(BTHOME, KEY)
    assert driver.memory == {}
    driver.hear(bthome(sealed("2d00", 90_000)))
    assert driver.memory == {"counter": 90_000}
    later = hearer(BTHOME, KEY, memory=driver.memory)
    assert later.hear(bthome(sealed("2d00", 90_000))) == ()
    with pytest.raises(BrokenFrame, match="make the site forget"):
        later.hear(bthome(sealed("2d01", 7)))
    assert hearer(BTHOME, KEY).hear(bthome(sealed("2d01", 7))), "a person made the site forget"


def test_a_forged_counter_is_not_remembered() -> None:
    driver = hearer(BTHOME, KEY)
    forged = SEALED[:-16] + "ffffff7f" + SEALED[-8:]
    with pytest.raises(NeedsKey):
        driver.hear(bthome(forged))
    assert driver.memory == {}


def test_a_plain_advertisement_of_a_device_that_encrypts_is_refused() -> None:
    with pytest.raises(BrokenFrame, match="forged"):
        hearer(BTHOME, KEY).hear(bthome("402d01"))


def test_an_advertisement_with_a_packet_id_is_measured_once() -> None:
    driver = hearer(BTHOME, NO_KEY)
    assert values(driver.hear(bthome("40005201643a01"))) == [100, "press"]
    assert driver.hear(bthome("40005201643a01")) == ()
    assert values(driver.hear(bthome("40005301643a01"))) == [100, "press"]


def test_an_advertisement_without_a_packet_id_is_measured_each_time() -> None:
    driver = hearer(BTHOME, NO_KEY)
    assert values(driver.hear(bthome("402d01"))) == ["open"]
    assert values(driver.hear(bthome("402d01"))) == ["open"]


def test_an_unknown_object_ends_the_reading_and_what_came_before_it_stays() -> None:
    assert values(hearer(BTHOME, NO_KEY).hear(bthome("4002ca09ee0102ca09"))) == [25.06]


def test_a_key_of_the_wrong_length_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"16 bytes \(32 hexadecimal digits\), this one 4"):
        hearer(BTHOME, Secrets(b"abcd"))


def test_the_library_stays_quiet(caplog: pytest.LogCaptureFixture) -> None:
    driver = hearer(BTHOME, KEY)
    for payload in (SEALED[:-2] + "00", "402d01", "6002", "40"):
        with pytest.raises(DecodeError):
            driver.hear(bthome(payload))
    assert caplog.records == []


def test_secrets_are_not_printed() -> None:
    assert "231d" not in repr(KEY)


# SwitchBot ---------------------------------------------------------------------------------------


def test_one_lock_does_not_make_the_meter_beside_it_a_lock() -> None:
    """The library remembers models by address for the whole process; we do not ask it to."""
    address = "AA:BB:CC:DD:EE:FF"
    lock = Advert(address, {0x0969: bytes.fromhex("eef5e6098fe811970820")})
    meter = Advert(address, {0x0969: bytes.fromhex("d7c17d5deb43de03069835")})
    for _ in range(2):
        assert values(hearer(LOCK, NO_KEY).hear(lock))[0] == "unlocked"
        assert values(hearer(METER, NO_KEY).hear(meter)) == [24.6, 53]


def test_what_a_lock_says_by_radio_is_called_reported() -> None:
    lock = Advert("AA:BB:CC:DD:EE:FF", {0x0969: bytes.fromhex("eef5e6098fe811970820")})
    found = {m.quantity.name: m.channel for m in hearer(LOCK, NO_KEY).hear(lock)}
    assert found["lock_state"] == found["door"] == "reported"


def test_a_lock_that_was_never_calibrated_does_not_say_that_it_is_locked() -> None:
    lock = Advert("AA:BB:CC:DD:EE:FF", {0x0969: bytes.fromhex("eef5e6098fe814030020")})
    assert values(hearer(LOCK, NO_KEY).hear(lock))[0] is Absence.NOT_AVAILABLE


# The collected records ---------------------------------------------------------------------------


def records(folder: Path, *names: str) -> list[dict]:
    return [json.loads(line) for name in names for line in (folder / name).read_text().splitlines()]


def as_advert(record: dict) -> Advert:
    return Advert(
        address=record["adv"]["address"],
        company_data={
            int(k): bytes.fromhex(v) for k, v in record["adv"]["manufacturer_data"].items()
        },
        service_data={k: bytes.fromhex(v) for k, v in record["adv"]["service_data"].items()},
    )


def near(found: float, said: float, step: float) -> bool:
    return abs(found - said) <= step + 1e-9


def test_every_ruuvitag_of_the_radio_capture_is_measured_as_recorded(shared_records: Path) -> None:
    known = {"temperature": 0, "humidity": 1, "pressure": 2, "voltage": 6, "tx power": 7}
    heard = 0
    for record in records(shared_records, "radio_capture.jsonl"):
        (advert,) = adverts(bytes.fromhex(record["hci_hex"]))
        if not record["is_ruuvi"]:
            with pytest.raises(NotMine):
                hearer(RUUVI, NO_KEY).hear(advert)
            continue
        found = values(hearer(RUUVI, NO_KEY).hear(advert))
        for name, place in known.items():
            assert near(found[place], record["expected"][name], 0.01), name  # type: ignore[arg-type]
        heard += 1
    assert heard > 20


def test_every_collected_ruuvitag_record_is_measured_or_refused(shared_records: Path) -> None:
    for record in records(shared_records, "adverts_in_scope.jsonl"):
        if record["family"] != "ruuvi":
            continue
        driver = hearer(RUUVI, NO_KEY)
        if not record["hex"].startswith("05"):
            with pytest.raises(NotMine):
                driver.hear(as_advert(record))
            continue
        found = values(driver.hear(as_advert(record)))
        for name, place in {"temperature": 0, "humidity": 1}.items():
            said = record["expected"][name]
            if said is None:
                assert found[place] is Absence.NOT_AVAILABLE
            else:
                assert near(found[place], said, 0.01)  # type: ignore[arg-type]


# Names of the sources of the records, and what we call the same.
BTHOME_NAMES = {
    "temperature": "air_temperature",
    "humidity": "relative_humidity",
    "pressure": "air_pressure",
    "battery": "battery",
    "carbon_dioxide": "co2",
    "co2": "co2",
    "pm25": "pm25",
    "pm2.5": "pm25",
    "pm10": "pm10",
    "moisture": "soil_moisture",
    "power": "power",
    "voltage": "voltage",
    "voltage_1": "voltage",
    "light_level": "light_level",
    "rotation": "rotation",
    "acceleration": "acceleration",
    "binary:window": "window",
    "window": "window",
    "binary:opening": "opening",
    "opening": "opening",
    "smoke": "smoke",
    "tamper": "tamper",
    "vibration": "vibration",
    "carbon monoxide": "carbon_monoxide",
    "garage door": "door",
    "lock": "lock_state",
    "moisture detected": "water_leak",
    "distance mm": "distance",
}


def test_every_collected_bthome_record_is_measured_as_asserted(shared_records: Path) -> None:
    compared = 0
    for record in records(shared_records, "adverts_in_scope.jsonl", "adverts_foreign.jsonl"):
        if record["family"] != "bthome_v2":
            continue
        secrets = Secrets(bytes.fromhex(record["bindkey"]) if record.get("bindkey") else None)
        try:
            measured = hearer(BTHOME, secrets).hear(as_advert(record))
        except DecodeError:
            assert record["outcome"] != "decoded", record["id"]
            continue
        found = {m.quantity.name: m for m in reversed(measured)}
        for name, said in record["expected"].items():
            if name not in BTHOME_NAMES:
                continue
            measurement = found[BTHOME_NAMES[name]]
            if measurement.quantity.states:
                assert measurement.value == measurement.quantity.states[int(said)], record["id"]
            elif record["source"].endswith("ble_monitor") and measurement.channel:
                continue  # it keeps only the last of several
            else:
                assert near(measurement.value, said, float(measurement.step)), record["id"]  # type: ignore[arg-type]
            compared += 1
    assert compared > 30


@pytest.mark.parametrize(("profile", "model"), [(METER, "WoSensorTH"), (LOCK, "WoLock")])
def test_every_collected_switchbot_record_is_measured_as_asserted(
    shared_records: Path, profile, model: str
) -> None:
    compared = 0
    for record in records(shared_records, "adverts_in_scope.jsonl"):
        if record["meta"].get("model") != model:
            continue
        found = {m.quantity.name: m.value for m in hearer(profile, NO_KEY).hear(as_advert(record))}
        said = record["expected"]
        if model == "WoLock":
            states = LOCK.fields[0].quantity.states
            assert found["lock_state"] == states[said["status"]]
            assert found["door"] == ("open" if said["door_open"] else "closed")
        else:
            assert near(found["air_temperature"], said["temperature"], 0.1)  # type: ignore[arg-type]
            assert found["relative_humidity"] == said["humidity"]
        compared += 1
    assert compared >= 2


def test_what_neighbours_send_is_not_ours_and_breaks_nothing(shared_records: Path) -> None:
    for record in records(shared_records, "adverts_foreign.jsonl", "adverts_in_scope.jsonl"):
        for profile in (RUUVI, BTHOME, METER, LOCK):
            try:
                measured = hearer(profile, NO_KEY).hear(as_advert(record))
            except DecodeError:
                continue
            family = {"bthome": "bthome_v2", "ruuvitag": "ruuvi"}.get(profile.model, "switchbot")
            assert record["family"] == family or measured == (), (record["id"], profile.model)


def test_the_collected_sequences_are_followed_in_order(shared_records: Path) -> None:
    """Downgrades, and packet ids that grow: upstream's own tests of several advertisements."""
    drivers: dict[str, object] = {}
    given = 0
    for record in records(shared_records, "advert_sequences.jsonl"):
        if record["family"] != "bthome_v2":
            continue
        secrets = Secrets(bytes.fromhex(record["bindkey"]) if record.get("bindkey") else None)
        driver = drivers.setdefault(record["test"], hearer(BTHOME, secrets))
        try:
            driver.hear(as_advert(record))  # type: ignore[attr-defined]
            assert record["outcome"] == "decoded"
            given += 1
        except DecodeError:
            assert record["outcome"] != "decoded"
    assert given >= 4
