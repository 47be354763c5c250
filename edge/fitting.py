"""Fits the configured devices to their links: which line, which adapter, which pins."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.actuator import Actuator
from edge.config import Equipment, Plan
from edge.links import AskedLine, Radio, SpokenLine, WatchedPins
from edge.memory import DriverMemory
from edge.sampler import Sampler
from firmware_bridge import devices
from firmware_bridge.bluetooth import open_scanner
from firmware_bridge.driver import Acts, Advertises, Memory, Secrets, Watches
from firmware_bridge.gpio import open_gpio
from firmware_bridge.pins import Pins
from firmware_bridge.serial_port import SerialPort
from firmware_bridge.virtual.pins import VirtualPins
from hardware.clock import Clock
from hardware.errors import ConfigError
from hardware.profile import ProfileKind

Use = Callable[[], Awaitable[None]]

_VIRTUAL = "virtual:"
_ON_PINS = (ProfileKind.LEVEL, ProfileKind.PULSE)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The links to keep open, by name, and who can act."""

    links: dict[str, Use]
    actuator: Actuator


class Fitter:
    """Builds drivers and links from a plan. Opens nothing but the pins."""

    def __init__(self, plan: Plan, sampler: Sampler, memory: DriverMemory, clock: Clock) -> None:
        self._plan = plan
        self._sampler = sampler
        self._memory = memory
        self._clock = clock

    def fit(self) -> Fitted:
        """Fit every device.

        Raises:
            ConfigError: a device's driver cannot be made from what ``edge.toml`` says.
        """
        links: dict[str, Use] = {}
        links |= self._lines()
        links |= self._radio()
        on_pins, actuator = self._pins()
        return Fitted(links | on_pins, actuator)

    def _lines(self) -> dict[str, Use]:
        by_port: dict[str, list[Equipment]] = defaultdict(list)
        for each in self._plan.equipment:
            if each.part.port is not None:
                by_port[each.part.port].append(each)
        return {port: self._line(port, on_it).use for port, on_it in by_port.items()}

    def _line(self, port: str, on_it: list[Equipment]) -> SpokenLine | AskedLine:
        first = on_it[0]
        assert first.profile.serial is not None
        transport = partial(SerialPort, port, first.profile.serial)
        if first.profile.poll is None:
            driver = partial(devices.speaker, first.profile)
            return SpokenLine(first.part.id, transport, driver, self._sampler, self._clock)
        askers = {}
        for each in on_it:
            with _named(each):
                askers[each.part.id] = devices.asker(
                    each.profile, self._clock, settings=each.part.settings
                )
        return AskedLine(askers, transport, self._sampler, self._clock)

    def _radio(self) -> dict[str, Use]:
        heard: dict[str, list[tuple[str, Advertises]]] = defaultdict(list)
        for each in self._plan.equipment:
            if each.part.address is None:
                continue
            with _named(each):
                driver = devices.hearer(
                    each.profile,
                    Secrets(each.key),
                    settings=each.part.settings,
                    memory=self._memory.of(each.part.id),
                )
            self._memory.follow(each.part.id, _memory_of(driver))
            heard[each.part.address].append((each.part.id, driver))
        if not heard:
            return {}
        adapter = self._plan.config.bluetooth.adapter
        scanner = open_scanner(adapter, self._clock)
        return {f"Bluetooth {adapter}": Radio(scanner, heard, self._sampler).use}

    def _pins(self) -> tuple[dict[str, Use], Actuator]:
        on_pins = [each for each in self._plan.equipment if each.profile.kind in _ON_PINS]
        acting: dict[str, tuple[Acts, tuple[str, ...]]] = {}
        if not on_pins:
            return {}, Actuator(acting)
        pins = _open_pins(self._plan.config.gpio.pins, self._clock)
        links: dict[str, Use] = {"pins": pins.run}
        for each in on_pins:
            device = each.part.id
            with _named(each):
                driver = self._watcher(each)
            if each.profile.actions:
                assert isinstance(driver, Acts), "a model with actions has a driver that acts"
                acting[device] = driver, tuple(map(str, each.profile.actions))
            self._memory.follow(device, _memory_of(driver))
            links[f"pins of {device}"] = WatchedPins(device, driver, pins, self._sampler).use
        return links, Actuator(acting)

    def _watcher(self, each: Equipment) -> Watches:
        return devices.watcher(
            each.profile,
            each.part.pins,
            self._clock,
            settings=each.part.settings,
            memory=self._memory.of(each.part.id),
        )


def _memory_of(driver: Advertises | Watches) -> Callable[[], Memory]:
    return lambda: driver.memory


def _open_pins(what: str, clock: Clock) -> Pins:
    if what.startswith(_VIRTUAL):
        return VirtualPins(Path(what.removeprefix(_VIRTUAL)), clock)
    if what == "native":
        return open_gpio(clock)
    raise ConfigError(f"gpio: pins: {what!r} is neither 'native' nor 'virtual:/path/to/socket'")


@contextmanager
def _named(each: Equipment) -> Iterator[None]:
    """Put the device's name in front of what is wrong with it."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"device {each.part.id!r}: {error}") from None
