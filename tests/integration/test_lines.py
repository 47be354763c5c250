"""Bytes over a real pseudo-terminal, through the real port, to measurements."""

import asyncio
import random
from pathlib import Path

import pytest
from contract.capture_files import captures, outcome
from fakes.aio import run, until

from firmware_bridge.bluetooth import HciScanner, open_scanner
from firmware_bridge.devices import asker, speaker
from firmware_bridge.driver import NoAnswer
from firmware_bridge.replay import captured, replay
from firmware_bridge.serial_port import SerialPort
from firmware_bridge.transport import LinkLost
from firmware_bridge.virtual.port import PtyPort
from hardware.advert import Advert
from hardware.clock import SystemClock
from hardware.profile_file import load_profile, models
from hardware.reading import Measurements

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
CLOCK = SystemClock("boot-1")
SPEAK = [m for m in models() if load_profile(m).serial and not load_profile(m).poll]


def noise(model: str, dice: random.Random) -> bytes:
    """Bytes that begin no frame; on a line of text, whole lines of rubbish."""
    if load_profile(model).kind == "line":
        return b"0RX?\x00" + load_profile(model).layout.ends  # type: ignore[union-attr]
    return bytes(dice.choice(b"\x00\x11\x22\x7f") for _ in range(dice.randrange(8)))


def chunks(stream: bytes, size: int, dice: random.Random) -> list[bytes]:
    cut, at = [], 0
    while at < len(stream):
        step = size or dice.randrange(1, 30)
        cut.append(stream[at : at + step])
        at += step
    return cut


@pytest.mark.parametrize("model", SPEAK)
@pytest.mark.parametrize("size", [1, 0], ids=["byte by byte", "random chunks"])
def test_what_comes_over_a_noisy_line_is_measured_whatever_the_chunks(
    model: str, size: int, tmp_path: Path
) -> None:
    profile, dice = load_profile(model), random.Random(42)
    sound = [c for c in captures(model) if c.gives is not None] * 5
    expected = [outcome(profile, capture) for capture in sound]
    stream = b"".join(noise(model, dice) + capture.octets for capture in sound)

    async def scenario() -> None:
        far = PtyPort(tmp_path / "line")
        far.plug()
        assert profile.serial is not None
        port, driver = SerialPort(str(tmp_path / "line"), profile.serial), speaker(profile)
        await port.open()
        found: list[Measurements] = []
        for chunk in chunks(stream, size, dice):
            await far.write(chunk)
            if size == 1:  # let each byte arrive alone
                await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        async with asyncio.timeout(10):
            while len(found) < len(expected):
                found += [x for x in driver.feed(await port.read()) if isinstance(x, tuple)]
        assert found == expected
        await port.close()
        far.unplug()

    run(scenario())


def test_a_port_that_is_unplugged_and_plugged_in_again_is_used_again(tmp_path: Path) -> None:
    profile = load_profile("sds011")
    frame = captures("sds011")[0].octets

    async def scenario() -> None:
        far = PtyPort(tmp_path / "line")
        assert profile.serial is not None
        for _ in range(3):
            with pytest.raises(LinkLost, match="not there"):
                await SerialPort(str(tmp_path / "line"), profile.serial).open()
            far.plug()
            port, driver = SerialPort(str(tmp_path / "line"), profile.serial), speaker(profile)
            await port.open()
            await far.write(frame)
            found = []
            while not found:
                found = driver.feed(await port.read())
            assert isinstance(found[0], tuple)
            far.unplug()
            with pytest.raises(LinkLost):
                await port.read()
            await port.close()

    run(scenario())


def test_a_device_that_answers_nothing_is_told_after_its_time_and_asked_again(
    tmp_path: Path,
) -> None:
    profile = load_profile("mh-z19b")
    answer = captures("mh-z19b")[0].octets

    async def scenario() -> None:
        far = PtyPort(tmp_path / "line")
        far.plug()
        assert profile.serial is not None
        port = SerialPort(str(tmp_path / "line"), profile.serial)
        await port.open()
        driver = asker(profile, CLOCK)
        with pytest.raises(NoAnswer):
            await driver.ask(port)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(driver.ask(port))
            assert (await far.read())[:3] == bytes.fromhex("ff0186")
            await far.write(answer)
        assert asking.result()[0].value == 636
        await port.close()
        far.unplug()

    run(scenario())


def hear_replay(chunks: list[bytes], path: Path, count: int) -> list[Advert]:
    async def scenario() -> list[Advert]:
        far, heard = PtyPort(path), []
        far.plug()
        scanner = open_scanner(f"h4:{path}", CLOCK)
        assert isinstance(scanner, HciScanner)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(scanner.listen(lambda advert, _at: heard.append(advert)))
            await until(lambda: any(path.name in name for name in _threads()))
            await replay(chunks, far, CLOCK, every=0.001)
            await until(lambda: len(heard) >= count)
            listening.cancel()
        far.unplug()
        return heard

    return run(scenario())


def _threads() -> list[str]:
    import threading

    return [thread.name for thread in threading.enumerate()]


def test_captures_can_be_heard_again_through_an_adapter(tmp_path: Path) -> None:
    events = list(captured(CAPTURES / "ruuvitag.toml"))
    heard = hear_replay(events, tmp_path / "hci0", len(events))
    assert [advert.company_data for advert in heard] == [
        capture.advert.company_data for capture in captures("ruuvitag") if capture.advert
    ]


def test_a_real_radio_capture_is_heard_again_packet_by_packet(
    shared_records: Path, tmp_path: Path
) -> None:
    events = list(captured(shared_records / "radio_capture.jsonl"))[:200]
    heard = hear_replay(events, tmp_path / "hci0", len(events))
    assert len(heard) == len(events)
