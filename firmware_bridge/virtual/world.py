"""A site that lives by itself: nature, the devices in it, and a socket by which it is meddled with.

It runs as a process of its own, so that whatever the agent does, the world goes on. The same seed
and the same clock give the same bytes.

Orders, one JSON object each:

    {"device": "co2-1", "fault": "silent"}     none, silent, garbled, slow, gone
    {"device": "door-1", "jam": true}          what a twin takes: jam, visitor, door, lock
    {"people": 12}                             null lets them come and go again
    {"weather": "snow"}                        dry, rain, snow; null lets it change again
    {"scene": {"co2": 1800}}                   any value of the scene, from which it then drifts
    {"status": true}                           answered with the scene and every device's fault
"""

import asyncio
import importlib
import random
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.attached import Around, Attached, Fault, OnPins, OnPort, OnRadio
from firmware_bridge.virtual.control import serve_control
from firmware_bridge.virtual.description import Description, VirtualDevice, describe
from firmware_bridge.virtual.nature import Nature
from firmware_bridge.virtual.pins import PinBoard
from firmware_bridge.virtual.port import PtyPort
from firmware_bridge.virtual.twin import Made
from hardware.clock import Clock, to_unix_us
from hardware.errors import ConfigError
from hardware.table import did_you_mean

_WEATHER = ("dry", "rain", "snow")


async def run_world(description: Mapping[str, Any], clock: Clock) -> None:
    """Let a world live until cancelled; see ``describe`` for what a description holds.

    Raises:
        ConfigError: the description is wrong.
    """
    await World(describe(description), clock).live()


class World:
    """Everything that happens around one agent."""

    def __init__(self, description: Description, clock: Clock) -> None:
        self._description = description
        self._clock = clock
        self._nature = Nature(seed=description.seed, start=clock.now(), climate=description.climate)
        self._radios: dict[Path, PtyPort] = {}
        self._boards: dict[Path, PinBoard] = {}
        self._on_pins: dict[Path, list[OnPins]] = {}
        self._twins: dict[str, Any] = {}
        self._devices: dict[str, Attached] = {
            device.id: self._attach(device) for device in description.devices
        }

    async def live(self) -> None:
        """Let everything happen until cancelled."""
        try:
            for radio in self._radios.values():
                radio.plug()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_time())
                group.create_task(serve_control(self._description.control, self.obey))
                for board in self._boards.values():
                    group.create_task(board.serve())
                for device in self._devices.values():
                    group.create_task(device.live())
        finally:
            for radio in self._radios.values():
                radio.unplug()

    def obey(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out one order.

        Raises:
            ConfigError: there is no such device, or it does not know how.
        """
        given = dict(order)
        if "device" in given:
            self._obey_device(given.pop("device"), given)
            return {}
        for what, how in given.items():
            if what not in ("people", "weather", "scene", "status"):
                known = ["device", "people", "weather", "scene", "status"]
                raise ConfigError(f"no order {what!r}{did_you_mean(what, known)}")
            self._obey_nature(what, how)
        return self._status() if "status" in given else {}

    def _obey_device(self, name: str, orders: Mapping[str, Any]) -> None:
        if name not in self._devices:
            raise ConfigError(f"no device {name!r}{did_you_mean(name, self._devices)}")
        for what, how in orders.items():
            if what == "fault":
                faults = [fault.value for fault in Fault]
                if how not in faults:
                    raise ConfigError(f"no fault {how!r}{did_you_mean(str(how), faults)}")
                self._devices[name].suffer(Fault(how))
            elif not (takes := getattr(self._twins[name], "order", None)) or not takes(what, how):
                raise ConfigError(f"{name} does not know how to {what} {how!r}")

    def _obey_nature(self, what: str, how: Any) -> None:
        if what == "people" and (how is None or isinstance(how, int)):
            self._nature.people = how
        elif what == "weather" and (how is None or how in _WEATHER):
            self._nature.weather = how
        elif what == "scene" and isinstance(how, dict):
            known = asdict(self._nature.scene)
            for name, value in how.items():
                if name not in known or not isinstance(value, int | float):
                    raise ConfigError(f"scene: {name} = {value!r}{did_you_mean(name, known)}")
                setattr(self._nature.scene, name, type(known[name])(value))
        elif what != "status":
            raise ConfigError(f"{what} cannot be {how!r}")

    def _status(self) -> Mapping[str, Any]:
        scene = {**asdict(self._nature.scene), "road_surface": self._nature.scene.road_surface}
        return {"scene": scene, "faults": {n: d.fault for n, d in self._devices.items()}}

    async def _pass_time(self) -> None:
        before = self._clock.monotonic()
        while True:
            await self._clock.sleep(0.5)
            now = self._clock.monotonic()
            self._nature.advance(now - before)
            before = now

    def _attach(self, device: VirtualDevice) -> Attached:
        name = device.profile.model.replace("-", "_")
        module = importlib.import_module(f"firmware_bridge.virtual.twins.{name}")
        seconds = to_unix_us(self._clock.now()) // 1_000_000
        twin = module.create(Made(device.address, device.key, seconds))
        self._twins[device.id] = twin
        # Each device has dice of its own: what one is told does not change another's luck.
        dice = random.Random(f"{self._description.seed} {device.id}")  # noqa: S311 - no secrets
        around = Around(self._nature.scene, self._clock, dice)
        if device.port is not None:
            return OnPort(twin, PtyPort(device.port), around)
        if device.adapter is not None:
            radio = self._radios.setdefault(device.adapter, PtyPort(device.adapter))
            return OnRadio(twin, radio, around)
        assert device.pins is not None
        return self._wire(twin, device, device.pins, around)

    def _wire(self, twin: Any, device: VirtualDevice, path: Path, around: Around) -> OnPins:
        wired = self._on_pins.setdefault(path, [])

        def driven(number: int, level: int) -> None:
            for other in wired:
                other.driven(number, level)

        board = self._boards.setdefault(path, PinBoard(path, driven))
        attached = OnPins(twin, device, board, around)
        wired.append(attached)
        return attached
