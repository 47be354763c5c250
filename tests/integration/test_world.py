"""A whole virtual world and an agent's side of it, over real ports, sockets and pins."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.aio import run, until

from firmware_bridge.bluetooth import open_scanner
from firmware_bridge.devices import actor, asker, hearer, speaker, watcher
from firmware_bridge.driver import NotVerified, Secrets
from firmware_bridge.serial_port import SerialPort
from firmware_bridge.transport import LinkLost
from firmware_bridge.virtual.pins import VirtualPins
from firmware_bridge.virtual.world import run_world
from hardware.clock import SystemClock
from hardware.command import Action
from hardware.errors import ConfigError, DecodeError
from hardware.profile_file import load_profile
from hardware.reading import Measurements

CLOCK = SystemClock("boot-1")
KEY = bytes(range(16))
TAG, SENSOR = "C5:0D:FA:99:CB:9E", "54:48:E6:8F:80:A5"


def description(folder: Path) -> dict[str, Any]:
    pins = str(folder / "gpio.sock")
    return {
        "seed": 7,
        "control": str(folder / "world.sock"),
        "climate": {"air_temperature": -2},
        "devices": [
            {"id": "radar-1", "model": "hlk-ld2410", "port": str(folder / "radar")},
            {"id": "co2-1", "model": "mh-z19b", "port": str(folder / "co2")},
            {"id": "road-1", "model": "lufft-irs31pro", "port": str(folder / "road")},
            {
                "id": "tag-1", "model": "ruuvitag",
                "adapter": str(folder / "hci0"), "address": TAG,
            },
            {
                "id": "room-1", "model": "bthome", "key": KEY.hex(),
                "adapter": str(folder / "hci0"), "address": SENSOR,
            },
            {"id": "pir-1", "model": "pir", "pins": pins, "numbers": {"motion": 17}},
            {"id": "rain-1", "model": "rain-gauge", "pins": pins, "numbers": {"bucket": 27}},
            {
                "id": "door-1", "model": "strike-relay", "pins": pins,
                "numbers": {"relay": 22, "bolt": 23, "door": 24},
            },
        ],
    }  # fmt: skip


class Control:
    """The world's control socket."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "world.sock"

    async def __call__(self, **order: Any) -> dict[str, Any]:
        await until(self._path.exists)
        reader, writer = await asyncio.open_unix_connection(self._path)
        writer.write(json.dumps(order).encode() + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        assert isinstance(answer, dict)
        return answer


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[Control]:
    task = asyncio.get_running_loop().create_task(run_world(description(folder), CLOCK))
    control = Control(folder)
    try:
        await until(lambda: (folder / "world.sock").exists() or task.done())
        yield control
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@asynccontextmanager
async def background(*works: Any) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def value(measurements: Measurements, quantity: str) -> object:
    return next(m.value for m in measurements if m.quantity.name == quantity)


def test_faults_are_seen_as_what_they_are(tmp_path: Path) -> None:
    async def scenario() -> None:
        profile = load_profile("mh-z19b")
        assert profile.serial is not None
        async with world(tmp_path) as order:
            port = SerialPort(str(tmp_path / "co2"), profile.serial)
            await port.open()
            device = asker(profile, CLOCK)
            assert (await order(scene={"co2": 1500}))["ok"]
            assert value(await device.ask(port), "co2") == pytest.approx(1500, abs=20)
            await order(device="co2-1", fault="silent")
            with pytest.raises(TimeoutError):
                await device.ask(port)
            await order(device="co2-1", fault="garbled")
            with pytest.raises((DecodeError, TimeoutError)):
                await device.ask(port)
            await order(device="co2-1", fault="gone")
            with pytest.raises(LinkLost):
                await device.ask(port)
            await port.close()
            await order(device="co2-1", fault="none")
            again = SerialPort(str(tmp_path / "co2"), profile.serial)
            await again.open()
            assert value(await device.ask(again), "co2") == pytest.approx(1500, abs=50)
            await again.close()

    run(scenario())


def test_people_who_come_are_seen_by_the_radar(tmp_path: Path) -> None:
    async def scenario() -> None:
        profile = load_profile("hlk-ld2410")
        assert profile.serial is not None
        async with world(tmp_path) as order:
            port, device = SerialPort(str(tmp_path / "radar"), profile.serial), speaker(profile)
            await port.open()
            for people, presence in ((0, "absent"), (4, "present")):
                await order(people=people)
                async with asyncio.timeout(5):
                    seen = None
                    while seen != presence:
                        for found in device.feed(await port.read()):
                            assert isinstance(found, tuple)
                            seen = value(found, "presence")
            await port.close()

    run(scenario())


def test_tags_are_heard_through_the_adapter_plain_and_encrypted(tmp_path: Path) -> None:
    async def scenario() -> None:
        drivers = {
            TAG: hearer(load_profile("ruuvitag"), Secrets()),
            SENSOR: hearer(load_profile("bthome"), Secrets(KEY)),
        }
        heard: dict[str, Measurements] = {}

        def hear(advert, _at_us: int) -> None:
            if measured := drivers[advert.address].hear(advert):
                heard[advert.address] = measured

        async with world(tmp_path) as order:
            await order(scene={"air_temperature": -4.0, "room_temperature": 22.5})
            await until((tmp_path / "hci0").exists)
            async with background(open_scanner(f"h4:{tmp_path / 'hci0'}", CLOCK).listen(hear)):
                await until(lambda: len(heard) == 2)
        assert value(heard[TAG], "air_temperature") == pytest.approx(-4, abs=0.3)
        assert value(heard[SENSOR], "air_temperature") == pytest.approx(22.5, abs=0.3)

    run(scenario())


def test_the_strike_opens_is_read_back_and_can_be_jammed(tmp_path: Path) -> None:
    async def scenario() -> None:
        told: list[tuple[str, object]] = []
        door = actor(
            load_profile("strike-relay"),
            {"relay": 22, "bolt": 23, "door": 24},
            CLOCK,
            settings={"pulse": 1},
        )

        def tell(measurements: Measurements, _at_us: int) -> None:
            told.extend((m.quantity.name, m.value) for m in measurements)

        async with world(tmp_path) as order:
            pins = VirtualPins(tmp_path / "gpio.sock", CLOCK)
            await order(device="door-1", visitor=False)
            async with background(pins.run(), door.watch(pins, tell)):
                await until(lambda: ("lock_state", "locked") in told)
                assert await door.carry_out(Action.UNLOCK) == "unlocked"
                await until(lambda: [v for q, v in told if q == "lock_state"][-1] == "locked")
                await order(device="door-1", jam=True)
                with pytest.raises(NotVerified, match="jammed"):
                    await door.carry_out(Action.UNLOCK)
                await order(device="door-1", jam=False, door="open")
                await until(lambda: told[-1] == ("door", "open"))

    run(scenario())


def test_pins_heal_whoever_restarts_and_in_whatever_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        told: list[object] = []

        def tell(measurements: Measurements, _at_us: int) -> None:
            told.extend(m.value for m in measurements)

        async def agent(device) -> None:
            pins = VirtualPins(tmp_path / "gpio.sock", CLOCK)
            async with asyncio.TaskGroup() as group:
                group.create_task(pins.run())
                group.create_task(device.watch(pins, tell))

        pir = watcher(load_profile("pir"), {"motion": 17}, CLOCK)
        async with background(agent(pir)):  # the agent is there before there is a world
            await until(lambda: told == ["still"])
            for _ in range(2):  # and sees it come, go, and come again
                async with world(tmp_path) as order:
                    await order(people=20)
                    await until(lambda: told[-1] == "moving")
                    await order(people=0)
                    await until(lambda: told[-1] == "still", within=15)
        async with world(tmp_path) as order:
            await order(people=20)
            for _ in range(2):  # the agent restarts under a living world, and is told the level
                told.clear()
                async with background(agent(watcher(load_profile("pir"), {"motion": 17}, CLOCK))):
                    await until(lambda: "moving" in told)

    run(scenario(), within=60)


def test_a_dead_agent_drives_no_relay(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as order:
            pins = VirtualPins(tmp_path / "gpio.sock", CLOCK)
            bolts: list[int] = []
            other = VirtualPins(tmp_path / "gpio.sock", CLOCK)
            layout = load_profile("strike-relay").layout.pins["bolt"]  # type: ignore[union-attr]
            await order(device="door-1", visitor=False)
            other.watch(23, layout, lambda level, _at: bolts.append(level))
            async with background(other.run()), background(pins.run()):
                pins.output(22, 0).write(1)
                await until(lambda: bolts and bolts[-1] == 1)
            # Both are gone without having let go of the pin; the next one finds the bolt locked.
            fresh = VirtualPins(tmp_path / "gpio.sock", CLOCK)
            fresh.watch(23, layout, lambda level, _at: bolts.append(level + 10))
            async with background(fresh.run()):
                await until(lambda: bolts[-1] == 10)

    run(scenario())


def test_the_world_tells_how_it_is_and_refuses_what_it_cannot(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as order:
            status = await order(status=True)
            assert status["faults"]["co2-1"] == "none"
            assert status["scene"]["road_surface"] == "dry"
            answers = {
                "no device 'co2'; did you mean 'co2-1'?": {"device": "co2", "fault": "silent"},
                "no fault 'silnt'; did you mean 'silent'?": {"device": "co2-1", "fault": "silnt"},
                "co2-1 does not know how to jam True": {"device": "co2-1", "jam": True},
                "no order 'peple'; did you mean 'people'?": {"peple": 3},
                "weather cannot be 'sun'": {"weather": "sun"},
                "scene: co3 = 1; did you mean 'co2'?": {"scene": {"co3": 1}},
            }
            for says, wanted in answers.items():
                assert (await order(**wanted))["error"] == says

    run(scenario())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "mh-z19"}, "no model 'mh-z19'; did you mean 'mh-z19b'?"),
        ({"port": 5}, "port: 5 is not text"),
        ({"prot": "x"}, "prot: no such key; did you mean 'port'?"),
        ({"numbers": {"x": 1}}, "['x'] are not the pins []"),
        ({"id": "radar-1"}, "device 'radar-1' is there twice"),
    ],
)
def test_a_world_that_cannot_be_is_refused(
    change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    entries = description(tmp_path)
    entries["devices"][1].update(change)
    with pytest.raises(ConfigError) as caught:
        run(run_world(entries, CLOCK))
    assert says in str(caught.value)
