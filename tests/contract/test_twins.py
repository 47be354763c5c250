"""Every twin speaks as its device does: our driver reads from its bytes what is the case."""

import importlib
import pkgutil
import random
from datetime import UTC, datetime

import pytest
from contract.capture_files import assert_sound
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.devices import conversation, hearer, speaker
from firmware_bridge.driver import Secrets
from firmware_bridge.framing import H4Framer
from firmware_bridge.hci import adverts
from firmware_bridge.virtual import twins
from firmware_bridge.virtual.attached import garbled
from firmware_bridge.virtual.nature import Climate, Nature, Scene
from firmware_bridge.virtual.twin import Made
from hardware.errors import BrokenFrame, DecodeError
from hardware.layout import GpioLayout
from hardware.profile import Profile, ProfileKind
from hardware.profile_file import load_profile, models
from hardware.reading import Measurements

MADE = Made("C5:0D:FA:99:CB:9E", bytes(range(16)), seconds=1_800_000_000)
NAMES = {module.name for module in pkgutil.iter_modules(twins.__path__)}
MODELS = sorted(model for model in models() if model.replace("-", "_") in NAMES)
KINDS = {model: load_profile(model).kind for model in MODELS}
SPEAKS = [m for m in MODELS if load_profile(m).serial and not load_profile(m).poll]
ANSWERS = [m for m in MODELS if load_profile(m).poll]
HEARD = [m for m in MODELS if KINDS[m] is ProfileKind.ADVERT]
WIRED = [m for m in MODELS if isinstance(load_profile(m).layout, GpioLayout)]

# One person sits and moves in a warm room; outside it has snowed and is freezing.
BUSY = Scene(
    people=3, moving=True, nearest=1800, co2=914, room_temperature=21.3, room_humidity=48.2,
    fine_dust=8.4, air_temperature=-3.2, humidity=88, pressure=1009.4, wind_speed=4.2, gust=6.1,
    wind_direction=312, rain_intensity=1.2, rainfall=12.34, rain_duration=4230,
    road_temperature=-2.4, water_film=120, snow_depth=3,
)  # fmt: skip

# What is read from one twin's bytes about that scene.
READ: dict[str, dict[str, object]] = {
    "hlk-ld2410": {"presence": "present", "motion": "moving", "moving_distance": 1800},
    "mh-z19b": {"co2": 914, "device_temperature": 21},
    "senseair-s8": {"co2": 914, "device_fault": 0},
    "sds011": {"pm25": 8.4, "pm10": 13.4},
    "maxbotix-hrxl-5m": {"distance": 2497},
    "vaisala-wxt530": {
        "wind_speed": 4.2, "wind_speed max": 6.1, "wind_direction": 312,
        "air_temperature": -3.2, "relative_humidity": 88, "air_pressure": 1009.4,
        "rainfall": 12.34, "rain_intensity": 1.2, "rain_duration": 4230, "supply_voltage": 12.1,
    },
    "lufft-irs31pro": {
        "road_temperature": -2.4, "water_film": 120, "road_surface": "ice",
        "road_surface_code": 35, "freezing_point": "not_available",
    },
    "ruuvitag": {"air_temperature": -3.2, "relative_humidity": 88, "air_pressure": 1009.4},
    "bthome": {"air_temperature": 21.3, "relative_humidity": 48.2, "motion": "moving"},
    "switchbot-meter": {"air_temperature": 21.3, "relative_humidity": 48, "battery": 100},
    "switchbot-lock": {"lock_state reported": "locked", "door reported": "closed", "battery": 90},
}  # fmt: skip


def twin(model: str):
    module = importlib.import_module(f"firmware_bridge.virtual.twins.{model.replace('-', '_')}")
    return module.create(MADE)


def secrets(model: str) -> Secrets:
    return Secrets(MADE.key if model == "bthome" else None)


def read(profile: Profile, octets: bytes) -> list[Measurements | DecodeError]:
    return speaker(profile).feed(octets)


def hear(profile: Profile, model: str, events: list[bytes]) -> list[Measurements | DecodeError]:
    driver, found = hearer(profile, secrets(model)), []
    for event in H4Framer().feed(b"".join(events)):
        if isinstance(event, BrokenFrame):
            continue
        try:
            found += [driver.hear(advert) for advert in adverts(event)]
        except DecodeError as error:
            found.append(error)
    return found


def together(found: list[Measurements | DecodeError]) -> dict[str, object]:
    values: dict[str, object] = {}
    for measurements in found:
        assert isinstance(measurements, tuple), measurements
        for m in measurements:
            value = getattr(m.value, "value", m.value)
            values[f"{m.quantity.name} {m.channel}".strip()] = value
    return values


def assert_read(model: str, values: dict[str, object]) -> None:
    assert {name: values.get(name) for name in READ[model]} == READ[model]


def test_every_twin_is_of_a_model() -> None:
    assert {model.replace("-", "_") for model in MODELS} == NAMES
    assert set(SPEAKS + ANSWERS + HEARD + WIRED) == set(MODELS)


@pytest.mark.parametrize("model", SPEAKS)
def test_what_a_twin_says_by_itself_is_read_as_it_is(model: str) -> None:
    device = twin(model)
    assert device.every > 0
    said = b"".join(device.emit(BUSY) for _ in range(8))
    assert_read(model, together(read(load_profile(model), said)))
    assert device.respond(b"anything", BUSY) == b""


@pytest.mark.parametrize("model", ANSWERS)
def test_what_a_twin_answers_is_read_as_it_is(model: str) -> None:
    device, talk = twin(model), conversation(load_profile(model))
    assert device.emit(BUSY) == b""
    answer = b"".join(device.respond(bytes((octet,)), BUSY) for octet in talk.request)
    assert_read(model, together(talk.reader().feed(answer)))


@pytest.mark.parametrize("model", ANSWERS)
@given(noise=st.binary(max_size=40))
def test_a_twin_answers_a_sound_question_only(model: str, noise: bytes) -> None:
    request = conversation(load_profile(model)).request
    damaged = bytearray(request)
    damaged[3] ^= 0x10
    assert twin(model).respond(bytes(damaged), BUSY) == b""
    device = twin(model)
    device.respond(noise.replace(request[:1], b""), BUSY)
    answers = device.respond(request + bytes(300) + request, BUSY)
    assert answers.startswith(twin(model).respond(request, BUSY)[:4])


@pytest.mark.parametrize("model", HEARD)
def test_what_a_twin_sends_is_heard_as_it_is(model: str) -> None:
    device = twin(model)
    events = [event for _ in range(3) for event in device.events(BUSY)]
    assert_read(model, together(hear(load_profile(model), model, events)))


@pytest.mark.parametrize("model", SPEAKS + ANSWERS + HEARD)
def test_what_a_garbled_twin_says_gives_no_nonsense(model: str) -> None:
    profile, dice = load_profile(model), random.Random(7)
    for _ in range(200):
        device = twin(model)
        if model in HEARD:
            events = [garbled(event, dice) for event in device.events(BUSY)]
            found = hear(profile, model, events)
        elif model in ANSWERS:
            talk = conversation(profile)
            found = talk.reader().feed(garbled(device.respond(talk.request, BUSY), dice))
        else:
            found = read(profile, garbled(device.emit(BUSY), dice))
        sound = [item for item in found if isinstance(item, tuple) and item]
        for measurements in sound:
            assert_sound(profile, measurements)
        if sound and model in ("senseair-s8", "lufft-irs31pro", "bthome"):
            assert_read(model, together(sound))  # a CRC or a seal: damage was elsewhere


def test_the_seals_of_a_twin_are_new_each_time_and_grow_over_restarts() -> None:
    profile = load_profile("bthome")
    driver = hearer(profile, secrets("bthome"))
    for seconds in (1_800_000_000, 1_800_000_500):
        module = importlib.import_module("firmware_bridge.virtual.twins.bthome")
        device = module.create(Made(MADE.address, MADE.key, seconds))
        for number in range(6):
            (event,) = device.events(BUSY)
            (advert,) = adverts(event)
            assert bool(driver.hear(advert)) == (number % 2 == 0)


def test_nobody_in_the_room_leaves_the_distances_of_the_last_one_behind() -> None:
    device, profile = twin("hlk-ld2410"), load_profile("hlk-ld2410")
    read(profile, device.emit(BUSY))
    frame = device.emit(Scene())
    assert frame[9:11] == (180).to_bytes(2, "little")
    values = together(read(profile, frame))
    assert values["presence"] == "absent"
    assert values["moving_distance"] == "not_available"


# On pins -----------------------------------------------------------------------------------------


def test_a_pir_holds_its_output_after_the_last_movement() -> None:
    device = twin("pir")
    assert device.levels(BUSY, 10.0) == {"motion": 1}
    assert device.levels(Scene(), 12.9) == {"motion": 1}
    assert device.levels(Scene(), 13.1) == {"motion": 0}


def test_a_bucket_tips_once_for_each_half_millimetre() -> None:
    device, tips, before = twin("rain-gauge"), 0, 1
    for tick in range(2000):
        scene = Scene(rainfall=100 + tick * 0.0015)
        level = device.levels(scene, tick * 0.05)["bucket"]
        tips += before == 1 and level == 0
        before = level
    assert tips == 5


def test_a_strike_gives_way_to_power_lets_a_visitor_in_and_locks_behind_him() -> None:
    device, history = twin("strike-relay"), []
    device.levels(Scene(), 0.0)
    for tick in range(400):
        at = tick * 0.05
        if at == 1.0:
            device.driven("relay", 1, at)
        if at == 6.0:
            device.driven("relay", 0, at)
        levels = dict(device.levels(Scene(), at))
        if not history or history[-1][1] != levels:
            history.append((at, levels))
    assert [levels for _, levels in history] == [
        {"bolt": 0, "door": 0},
        {"bolt": 1, "door": 0},
        {"bolt": 1, "door": 1},
        {"bolt": 1, "door": 0},
        {"bolt": 0, "door": 0},
    ]
    assert history[1][0] == pytest.approx(1.15, abs=0.06)


def test_a_jammed_strike_does_not_move() -> None:
    device = twin("strike-relay")
    assert device.order("jam", True)
    device.driven("relay", 1, 1.0)
    assert device.levels(Scene(), 5.0) == {"bolt": 0, "door": 0}
    assert device.order("jam", False)
    assert device.levels(Scene(), 5.1)["bolt"] == 1
    assert not device.order("dance", True)


# Nature ------------------------------------------------------------------------------------------

START = datetime(2027, 1, 15, 0, 0, tzinfo=UTC)


@given(st.lists(st.floats(0.1, 30), max_size=20))
def test_the_history_does_not_depend_on_how_time_is_cut(pieces: list[float]) -> None:
    whole = Nature(seed=3, start=START, climate=Climate())
    parts = Nature(seed=3, start=START, climate=Climate())
    seconds = int(sum(pieces))
    for piece in pieces:
        parts.advance(piece)
    parts.advance(max(0.0, seconds + 1 - sum(pieces)))
    whole.advance(seconds + 1)
    assert whole.scene == parts.scene


def test_people_breathe_snow_lies_and_wet_roads_freeze() -> None:
    nature = Nature(seed=5, start=START, climate=Climate(air_temperature=-6, swing=1))
    nature.people, nature.weather = 25, "snow"
    nature.advance(2 * 3600)
    assert nature.scene.co2 > 1200
    assert nature.scene.snow_depth > 10
    assert nature.scene.road_surface == "snow"
    nature.people, nature.weather = 0, "dry"
    nature.advance(6 * 3600)
    assert nature.scene.co2 < 450
    nature.scene.snow_depth, nature.scene.water_film = 0, 150
    nature.scene.road_temperature = -3
    assert nature.scene.road_surface == "ice"


def test_every_scene_of_a_winter_day_can_be_told_by_every_twin() -> None:
    nature = Nature(seed=11, start=START, climate=Climate(air_temperature=-1))
    devices = {model: twin(model) for model in MODELS}
    for _ in range(48):
        nature.advance(1800)
        for model in SPEAKS:
            assert devices[model].emit(nature.scene)
        for model in ANSWERS:
            request = conversation(load_profile(model)).request
            found = (
                conversation(load_profile(model))
                .reader()
                .feed(devices[model].respond(request, nature.scene))
            )
            assert "implausible" not in together(found).values()
        for model in HEARD:
            assert devices[model].events(nature.scene)
