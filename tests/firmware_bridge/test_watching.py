"""Pins, watchers and the strike, on gpiozero's mock pins and a clock that the test moves."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.aio import run, until
from fakes.clock import FakeClock, settle

from firmware_bridge.devices import actor, watcher
from firmware_bridge.driver import NotVerified, Watches
from firmware_bridge.gpio import MockPins, open_gpio
from firmware_bridge.transport import LinkLost
from hardware.command import Action
from hardware.errors import ConfigError
from hardware.layout import PinLayout
from hardware.profile_file import load_profile
from hardware.reading import Measurements

DOOR = load_profile("door-contact")
RAIN = load_profile("rain-gauge")
STRIKE = load_profile("strike-relay")
RELAY, BOLT, CONTACT = 22, 23, 24
STRIKE_PINS = {"relay": RELAY, "bolt": BOLT, "door": CONTACT}


class Told:
    """What a watcher told: (quantity, value, seconds since the start)."""

    def __init__(self, clock: FakeClock) -> None:
        self._start_us = clock.since_boot_us()
        self.all: list[tuple[str, object, float]] = []

    def __call__(self, measurements: Measurements, at_us: int) -> None:
        for m in measurements:
            self.all.append((m.quantity.name, m.value, (at_us - self._start_us) / 1e6))

    def of(self, quantity: str) -> list[object]:
        return [value for name, value, _ in self.all if name == quantity]


@asynccontextmanager
async def watching(device: Watches, pins: MockPins, clock: FakeClock) -> AsyncIterator[Told]:
    told = Told(clock)
    task = asyncio.get_running_loop().create_task(device.watch(pins, told))
    await settle()
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


def test_a_contact_tells_its_state_at_the_beginning_and_then_each_change() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        pins.drive(17, 0)
        async with watching(watcher(DOOR, {"contact": 17}, clock), pins, clock) as told:
            await clock.advance(1)
            pins.drive(17, 1)
            await clock.advance(1)
            pins.drive(17, 0)
            await clock.advance(1)
        assert told.all == [("door", "closed", 0.0), ("door", "open", 1.0), ("door", "closed", 2.0)]

    run(scenario())


def test_a_cut_cable_reads_as_an_open_door() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with watching(watcher(DOOR, {"contact": 17}, clock), MockPins(clock), clock) as told:
            await clock.advance(1)
        assert told.of("door") == ["open"]

    run(scenario())


def test_bounce_is_told_once_and_with_the_time_at_which_it_came_to_rest() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        pins.drive(17, 0)
        async with watching(watcher(DOOR, {"contact": 17}, clock), pins, clock) as told:
            await clock.advance(1)
            for level in (1, 0, 1, 0, 1):
                pins.drive(17, level)
                await clock.advance(0.01)
            assert told.of("door") == ["closed"]
            await clock.advance(1)
        assert told.all[1:] == [("door", "open", 1.04)]

    run(scenario())


def test_edges_from_another_thread_arrive_in_the_loop_and_in_order() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins, edges, threads = MockPins(clock), [], set()

        def on_edge(level: int, _at_us: int) -> None:
            edges.append(level)
            threads.add(threading.current_thread())

        watched = pins.watch(17, PinLayout(pull="up"), on_edge)
        worker = threading.Thread(target=lambda: [pins.drive(17, n % 2) for n in range(1000)])
        worker.start()
        await until(lambda: len(edges) >= 1000)
        worker.join()
        assert edges[1:] == [n % 2 for n in range(1000)]
        assert threads == {threading.current_thread()}
        watched.close()
        pins.drive(17, 0)
        await settle()
        assert len(edges) == 1001

    run(scenario())


def test_a_pin_is_given_to_one_device_and_is_free_again_when_that_lets_go() -> None:
    async def scenario() -> None:
        pins = MockPins(FakeClock())
        first = pins.watch(17, PinLayout(), lambda _level, _at_us: None)
        with pytest.raises(ConfigError, match="GPIO17 is taken by another device"):
            pins.output(17, 0)
        first.close()
        pins.output(17, 0).close()

    run(scenario())


@pytest.mark.parametrize(("number", "pull"), [(99, "up"), (2, "down")])
def test_a_pin_that_cannot_do_what_is_asked_is_named(number: int, pull) -> None:
    async def scenario() -> None:
        with pytest.raises(ConfigError, match=f"GPIO{number}: .*; see hardware/boards"):
            MockPins(FakeClock()).watch(number, PinLayout(pull=pull), lambda _level, _at_us: None)

    run(scenario())


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has GPIO")
def test_a_machine_without_gpio_says_so_and_what_helps_on_one_that_has() -> None:
    async def scenario() -> None:
        with pytest.raises(ConfigError, match=r"no GPIO here \(.*lgpio.*add the user to the group"):
            open_gpio(FakeClock())

    run(scenario())


# Rain --------------------------------------------------------------------------------------------


async def tip(pins: MockPins, clock: FakeClock, *, pause: float = 1.0) -> None:
    pins.drive(17, 0)
    await clock.advance(0.1)
    pins.drive(17, 1)
    await clock.advance(pause)


def test_each_tip_adds_half_a_millimetre_to_the_total_that_is_handed_in() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        gauge = watcher(RAIN, {"bucket": 17}, clock, memory={"bucket": 100})
        async with watching(gauge, pins, clock) as told:
            await clock.advance(1)
            await tip(pins, clock)
            await tip(pins, clock)
        assert told.of("rainfall") == [50.0, 50.5, 51.0]
        assert gauge.memory == {"bucket": 102}

    run(scenario())


def test_a_bucket_that_hangs_on_its_contact_at_the_beginning_is_not_counted() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        pins.drive(17, 0)
        async with watching(watcher(RAIN, {"bucket": 17}, clock), pins, clock) as told:
            await clock.advance(1)
            pins.drive(17, 1)
            await clock.advance(1)
            await tip(pins, clock)
        assert told.of("rainfall") == [0.0, 0.5]

    run(scenario())


def test_a_shaken_mast_is_no_rain() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        gauge = watcher(RAIN, {"bucket": 17}, clock)
        async with watching(gauge, pins, clock) as told:
            await clock.advance(1)
            for _ in range(4):
                await tip(pins, clock, pause=0.06)
        assert told.of("rainfall") == [0.0, 0.5, 1.0]
        assert gauge.refused == 2  # type: ignore[attr-defined]

    run(scenario())


# The strike --------------------------------------------------------------------------------------


class Strike:
    """A bolt that follows the relay after a tenth of a second, unless it is jammed."""

    def __init__(self, pins: MockPins, clock: FakeClock) -> None:
        self.relay: list[tuple[int, float]] = []
        self.jammed = False
        self._pins, self._clock = pins, clock
        pins.on_output = self._on_output
        pins.drive(BOLT, 0)
        pins.drive(CONTACT, 0)

    def _on_output(self, number: int, level: int) -> None:
        assert number == RELAY
        if not self.relay or self.relay[-1][0] != level:
            self.relay.append((level, round(self._clock.monotonic(), 3)))

    async def follow(self) -> None:
        await self._clock.advance(0.1)
        if not self.jammed:
            self._pins.drive(BOLT, self.relay[-1][0])


@asynccontextmanager
async def a_strike() -> AsyncIterator[tuple[FakeClock, Strike, Told, object]]:
    clock = FakeClock()
    pins = MockPins(clock)
    strike = Strike(pins, clock)
    device = actor(STRIKE, STRIKE_PINS, clock)
    async with watching(device, pins, clock) as told:
        await clock.advance(1)
        yield clock, strike, told, device


def test_unlocking_is_verified_by_the_bolt_and_the_power_ends_with_the_pulse() -> None:
    async def scenario() -> None:
        async with a_strike() as (clock, strike, told, device):
            unlocking = asyncio.get_running_loop().create_task(device.carry_out(Action.UNLOCK))
            await settle()
            started = clock.monotonic()
            await strike.follow()
            await clock.advance(0.1)
            assert unlocking.done(), "verified at once, not at the end of the pulse"
            assert unlocking.result() == "unlocked"
            assert strike.relay[-1] == (1, started)
            await clock.advance(4)
            assert strike.relay[-1][0] == 1
            await clock.advance(1)
            assert strike.relay[-1] == (0, started + 5)
            await strike.follow()
            await clock.advance(0.1)
            assert told.of("lock_state") == ["locked", "unlocked", "locked"]

    run(scenario())


def test_a_jammed_bolt_is_not_verified_and_the_power_is_off() -> None:
    async def scenario() -> None:
        async with a_strike() as (clock, strike, told, device):
            strike.jammed = True
            unlocking = asyncio.get_running_loop().create_task(device.carry_out(Action.UNLOCK))
            await clock.advance(5)
            with pytest.raises(NotVerified, match="did not move within 5 s: it is jammed"):
                await unlocking
            assert strike.relay[-1][0] == 0
            assert told.of("lock_state") == ["locked"]

    run(scenario())


def test_a_command_that_is_cancelled_leaves_the_power_off() -> None:
    async def scenario() -> None:
        async with a_strike() as (_clock, strike, _told, device):
            unlocking = asyncio.get_running_loop().create_task(device.carry_out(Action.UNLOCK))
            await settle()
            assert strike.relay[-1][0] == 1
            unlocking.cancel()
            await asyncio.wait([unlocking])
            assert strike.relay[-1][0] == 0

    run(scenario())


def test_the_end_of_the_agent_in_the_middle_of_a_pulse_leaves_the_power_off() -> None:
    async def scenario() -> None:
        async with a_strike() as (clock, strike, _told, device):
            unlocking = asyncio.get_running_loop().create_task(device.carry_out(Action.UNLOCK))
            await settle()
            await strike.follow()
            await clock.advance(0.1)
            assert unlocking.done()
            assert strike.relay[-1][0] == 1
        assert strike.relay[-1][0] == 0

    run(scenario())


def test_a_second_command_prolongs_the_pulse_and_the_first_does_not_end_it() -> None:
    async def scenario() -> None:
        async with a_strike() as (clock, strike, _told, device):
            strike.jammed = True
            loop = asyncio.get_running_loop()
            first = loop.create_task(device.carry_out(Action.UNLOCK))
            await clock.advance(3)
            second = loop.create_task(device.carry_out(Action.UNLOCK))
            await clock.advance(2.5)
            assert isinstance(first.exception(), NotVerified)
            assert strike.relay[-1][0] == 1
            await clock.advance(2.5)
            assert isinstance(second.exception(), NotVerified)
            assert strike.relay[-1][0] == 0

    run(scenario())


def test_a_strike_that_nobody_watches_cannot_be_told_anything() -> None:
    async def scenario() -> None:
        device = actor(STRIKE, STRIKE_PINS, FakeClock())
        with pytest.raises(LinkLost, match="pins are not open"):
            await device.carry_out(Action.UNLOCK)

    run(scenario())


def test_a_site_may_lengthen_the_pulse() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        strike = Strike(pins, clock)
        device = actor(STRIKE, STRIKE_PINS, clock, settings={"pulse": 8})
        async with watching(device, pins, clock):
            await clock.advance(1)
            unlocking = asyncio.get_running_loop().create_task(device.carry_out(Action.UNLOCK))
            await strike.follow()
            await clock.advance(7.5)
            assert unlocking.done()
            assert strike.relay[-1][0] == 1
            await clock.advance(0.5)
            assert strike.relay[-1][0] == 0

    run(scenario())


# Mistakes in the configuration -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"relay": 22, "bolt": 23}, "pins: door is missing"),
        ({**STRIKE_PINS, "bold": 5}, "pins: 'bold' does not exist; did you mean 'bolt'?"),
        ({"relay": 22, "bolt": 22, "door": 24}, "gives one pin to two wires"),
    ],
)
def test_pins_that_do_not_fit_the_profile_are_refused(numbers: dict[str, int], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        watcher(STRIKE, numbers, FakeClock())
    assert says in str(caught.value)


def test_two_devices_on_one_pin_are_refused_when_the_second_is_watched() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        pins = MockPins(clock)
        async with watching(watcher(DOOR, {"contact": 17}, clock), pins, clock):
            with pytest.raises(ConfigError, match="GPIO17 is taken"):
                await watcher(DOOR, {"contact": 17}, clock).watch(pins, Told(clock))

    run(scenario())
