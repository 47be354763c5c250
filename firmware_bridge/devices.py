"""Drivers for configured devices: the one place where an agent gets them.

How a device is spoken to follows from its profile's kind. Where the profile names a driver, the
module of that name in ``firmware_bridge/drivers`` makes it, by its function ``create``:

    advert         create(profile, secrets, settings, memory) -> Advertises
    frame, line    create(profile, settings) -> Conversation
    level          create(profile, numbers, settings, clock) -> WatchesAndActs

All errors here are ``ConfigError`` without the name of the device; the caller knows it and puts it
in front.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from firmware_bridge import drivers
from firmware_bridge.asking import Asker, FrameConversation
from firmware_bridge.driver import (
    Advertises,
    Answers,
    Conversation,
    Memory,
    Secrets,
    Speaks,
    Watches,
    WatchesAndActs,
)
from firmware_bridge.hearing import Hearer
from firmware_bridge.modbus import ModbusConversation
from firmware_bridge.speaking import Speaker
from firmware_bridge.watching import LevelWatcher, PulseWatcher
from hardware.clock import Clock
from hardware.errors import ConfigError
from hardware.layout import GpioLayout, ModbusLayout
from hardware.profile import Profile, ProfileKind, Setting
from hardware.table import did_you_mean

Settings = Mapping[str, Setting]
_NONE: Mapping[str, int] = {}


def speaker(profile: Profile) -> Speaks:
    """Make the driver of a device that speaks by itself on a serial line (no ``poll``)."""
    return Speaker(profile)


def asker(profile: Profile, clock: Clock, *, settings: Settings = _NONE) -> Answers:
    """Make the driver of a device that is asked on a serial line (``poll`` is given).

    ``settings`` are the site's; a Modbus device takes ``unit``, its address on the bus.
    """
    assert profile.poll is not None
    return Asker(conversation(profile, settings=settings), profile.poll, clock)


def conversation(profile: Profile, *, settings: Settings = _NONE) -> Conversation:
    """Make what ``asker`` sends and reads, without a line and a clock."""
    chosen = _chosen(profile, settings)
    if profile.driver is not None:
        made: Conversation = _creator(profile.driver)(profile, chosen)
        return made
    if isinstance(profile.layout, ModbusLayout):
        return ModbusConversation(profile, unit=int(chosen["unit"]))
    return FrameConversation(profile)


def hearer(
    profile: Profile, secrets: Secrets, *, settings: Settings = _NONE, memory: Memory = _NONE
) -> Advertises:
    """Make the driver of a device that is heard by radio."""
    chosen = _chosen(profile, settings)
    if profile.driver is not None:
        made: Advertises = _creator(profile.driver)(profile, secrets, chosen, memory)
        return made
    if secrets.key is not None:
        raise ConfigError(f"a {profile.title} does not encrypt; take its key out")
    return Hearer(profile)


def watcher(
    profile: Profile,
    numbers: Mapping[str, int],
    clock: Clock,
    *,
    settings: Settings = _NONE,
    memory: Memory = _NONE,
) -> Watches:
    """Make the driver of a device on GPIO pins; ``numbers`` are its pins by their roles."""
    _check_numbers(profile, numbers)
    chosen = _chosen(profile, settings)
    if profile.driver is not None:
        return actor(profile, numbers, clock, settings=settings)
    if profile.kind is ProfileKind.PULSE:
        gap_us = round(float(chosen.get("gap", 0)) * 1e6)
        return PulseWatcher(profile, numbers, clock, gap_us=gap_us, memory=memory)
    return LevelWatcher(profile, numbers, clock)


def actor(
    profile: Profile, numbers: Mapping[str, int], clock: Clock, *, settings: Settings = _NONE
) -> WatchesAndActs:
    """Make the driver of a device on GPIO pins that has ``actions``."""
    _check_numbers(profile, numbers)
    assert profile.driver is not None
    chosen = _chosen(profile, settings)
    made: WatchesAndActs = _creator(profile.driver)(profile, numbers, chosen, clock)
    return made


def _creator(name: str) -> Callable[..., Any]:
    known = [module.name for module in pkgutil.iter_modules(drivers.__path__)]
    if name not in known:
        raise ConfigError(f"no driver {name!r}{did_you_mean(name, known)}")
    module = importlib.import_module(f"{drivers.__name__}.{name}")
    create: Callable[..., Any] = module.create
    return create


def _chosen(profile: Profile, settings: Settings) -> dict[str, Setting]:
    """The profile's settings, with the site's in their place where it gives some."""
    chosen = dict(profile.settings)
    if isinstance(profile.layout, ModbusLayout):
        chosen["unit"] = profile.layout.unit
    for key, value in settings.items():
        if key not in chosen:
            raise ConfigError(f"settings: {key!r} does not exist{did_you_mean(key, chosen)}")
        if isinstance(value, str) != isinstance(chosen[key], str):
            kind = "a text" if isinstance(chosen[key], str) else "a number"
            raise ConfigError(f"settings: {key} = {value!r} is not {kind}, as {chosen[key]!r} is")
        chosen[key] = value
    return chosen


def _check_numbers(profile: Profile, numbers: Mapping[str, int]) -> None:
    assert isinstance(profile.layout, GpioLayout)
    roles = profile.layout.pins
    for role in numbers:
        if role not in roles:
            raise ConfigError(f"pins: {role!r} does not exist{did_you_mean(role, roles)}")
    for role in roles:
        if role not in numbers:
            raise ConfigError(f"pins: {role} is missing; give the GPIO number of that wire")
    if len(set(numbers.values())) < len(numbers):
        raise ConfigError(f"pins: {dict(numbers)} gives one pin to two wires")
