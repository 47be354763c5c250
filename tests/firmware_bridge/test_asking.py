import asyncio

import pytest
from fakes.aio import run
from fakes.clock import FakeClock
from fakes.line import FakeLine

from firmware_bridge.devices import asker, conversation
from firmware_bridge.driver import NoAnswer
from firmware_bridge.drivers.umb import frame
from firmware_bridge.transport import LinkLost
from hardware.errors import BrokenFrame, ConfigError, DecodeError
from hardware.profile_file import load_profile
from hardware.reading import Measurements

CO2 = load_profile("mh-z19b")
S8 = load_profile("senseair-s8")
ROAD = load_profile("lufft-irs31pro")

CO2_ANSWER = bytes.fromhex("ff86027c42000000ba")
S8_ANSWER = bytes.fromhex("fe0408000000000000019016e6")
ROAD_ANSWER = bytes.fromhex(
    "011001f001901c022f1000030800650016ed14cf41080059021680e3253f05008403100a03fca204"
)


def values(measurements: Measurements) -> dict[str, object]:
    return {m.quantity.name: m.value for m in measurements}


def ask(profile, line: FakeLine, *, advance: float = 2.0, **settings) -> Measurements | Exception:
    """Ask once, while ``advance`` seconds pass on the clock."""

    async def scenario() -> Measurements | Exception:
        clock = FakeClock()
        asking = asyncio.get_running_loop().create_task(
            asker(profile, clock, settings=settings).ask(line)
        )
        await clock.advance(advance)
        (result,) = await asyncio.gather(asking, return_exceptions=True)  # noqa: TID251
        assert isinstance(result, tuple | Exception)
        return result

    return run(scenario())


def test_a_question_is_sent_as_the_profile_has_it_and_its_answer_measured() -> None:
    line = FakeLine(lambda _: CO2_ANSWER)
    measurements = ask(CO2, line)
    assert line.written == [bytes.fromhex("ff0186000000000079")]
    assert isinstance(measurements, tuple)
    assert values(measurements) == {"co2": 636, "device_temperature": 26}


def test_silence_is_told_after_the_time_that_the_profile_allows() -> None:
    answer = ask(CO2, FakeLine(), advance=1.0)
    assert isinstance(answer, NoAnswer)
    assert str(answer) == "nothing within 1.0 s"


def test_a_damaged_answer_is_told_as_damage_and_not_as_silence() -> None:
    answer = ask(CO2, FakeLine(lambda _: CO2_ANSWER[:-1] + b"\x00"))
    assert isinstance(answer, BrokenFrame)
    assert "checksum" in str(answer)


def test_a_sound_answer_behind_a_damaged_one_counts() -> None:
    answer = ask(CO2, FakeLine(lambda _: CO2_ANSWER[:-1] + b"\x00" + CO2_ANSWER))
    assert isinstance(answer, tuple)


def test_the_late_answer_to_an_earlier_question_is_not_taken() -> None:
    line = FakeLine()
    line.arrive(CO2_ANSWER)
    assert isinstance(ask(CO2, line), NoAnswer)


def test_a_lost_link_comes_out_as_it_is() -> None:
    line = FakeLine()
    line.lose("unplugged")
    assert isinstance(ask(CO2, line), LinkLost)


def test_modbus_asks_for_the_registers_and_measures_them() -> None:
    line = FakeLine(lambda _: S8_ANSWER)
    measurements = ask(S8, line)
    assert line.written == [bytes.fromhex("fe0400000004e5c6")]
    assert isinstance(measurements, tuple)
    assert values(measurements) == {"device_fault": 0, "co2": 400}


def test_modbus_hears_past_the_echo_of_its_own_question_on_two_wires() -> None:
    assert isinstance(ask(S8, FakeLine(lambda question: question + S8_ANSWER)), tuple)


def test_modbus_hears_past_noise_and_another_units_answer() -> None:
    other = bytes.fromhex("110306ae415652434049ad")
    assert isinstance(ask(S8, FakeLine(lambda _: b"\xff\xfe\x04" + other + S8_ANSWER)), tuple)


def test_modbus_finds_the_sound_answer_behind_a_damaged_one() -> None:
    damaged = S8_ANSWER[:5] + b"\x01" + S8_ANSWER[6:]
    assert isinstance(ask(S8, FakeLine(lambda _: damaged + S8_ANSWER)), tuple)


def test_a_modbus_refusal_says_what_the_device_says() -> None:
    answer = ask(S8, FakeLine(lambda _: bytes.fromhex("fe8402f2f1")))
    assert str(answer) == "the device refuses with exception 2: it has no such registers"


def test_a_site_gives_a_modbus_device_its_own_address() -> None:
    line = FakeLine()
    ask(S8, line, unit=3)
    assert line.written[0][0] == 3


@pytest.mark.parametrize(
    ("profile", "settings", "says"),
    [
        (S8, {"unit": 255}, "a Modbus address is 1 to 254"),
        (S8, {"uint": 3}, "settings: 'uint' does not exist; did you mean 'unit'?"),
        (S8, {"unit": "three"}, "is not a number"),
        (ROAD, {"id": 256}, "1 to 255"),
        (CO2, {"unit": 1}, "settings: 'unit' does not exist"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(profile, settings, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        conversation(profile, settings=settings)
    assert says in str(caught.value)


def test_umb_asks_for_all_channels_of_the_profile_at_once() -> None:
    line = FakeLine(lambda _: ROAD_ANSWER)
    measurements = ask(ROAD, line)
    # The manual's example on page 49, with channel 151 as the second of four.
    body = bytes.fromhex("2f1004" + "6500" + "9700" + "5902" + "8403")
    assert line.written[0][:8] == bytes.fromhex("0110019001f00b02")
    assert line.written[0][8:-4] == body
    assert isinstance(measurements, tuple)
    assert values(measurements)["road_surface"] == "dry"


def umb_answer(body: str, sender: int = 0x9001) -> bytes:
    return frame(to=0xF001, sender=sender, body=bytes.fromhex(body))


def test_what_another_device_of_the_bus_answers_is_neither_ours_nor_damage() -> None:
    sound = "2f100001" + "0500840310" + "0a"
    answer = ask(ROAD, FakeLine(lambda _: umb_answer(sound, sender=0x7001)))
    assert isinstance(answer, NoAnswer)
    assert isinstance(ask(ROAD, FakeLine(lambda _: umb_answer(sound))), tuple)


def test_a_umb_channel_that_has_no_valid_value_is_not_available() -> None:
    answer = ask(
        ROAD, FakeLine(lambda _: umb_answer("2f100002" + "03556500" + "0500840310" + "23"))
    )
    assert isinstance(answer, tuple)
    assert values(answer)["road_temperature"].value == "not_available"
    assert values(answer)["road_surface"] == "ice"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("2f1028", "refuses with 28h: not ready yet"),
        ("2f10", "no count of channels"),
        ("2f100001", "a channel is cut off"),
        ("2f10000108006500", "a channel is cut off"),
        ("2f1000010800650016ed14cf4100", "1 bytes behind the last channel"),
        ("2f10000105006500990a", "holds no value of a known type"),
        ("2f10000106006500160a0b", "holds no value of a known type"),
    ],
)
def test_a_umb_answer_that_does_not_add_up_is_refused_whole(body: str, says: str) -> None:
    (found,) = conversation(ROAD).reader().feed(umb_answer(body))
    assert isinstance(found, DecodeError)
    assert says in str(found)
