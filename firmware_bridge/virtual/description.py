"""A world described in plain data, checked before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.nature import Climate
from hardware.errors import ConfigError
from hardware.layout import GpioLayout
from hardware.profile import Profile, ProfileKind
from hardware.profile_file import load_profile
from hardware.table import Table, did_you_mean


@dataclass(frozen=True, slots=True)
class VirtualDevice:
    """One device: its profile, and the port, adapter or pins to which it is wired."""

    id: str
    profile: Profile
    port: Path | None = None
    adapter: Path | None = None
    pins: Path | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    address: str = "00:00:00:00:00:00"
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A world: where it begins, where it is controlled, and what is in it."""

    seed: int
    control: Path
    climate: Climate
    devices: tuple[VirtualDevice, ...]


def describe(entries: Mapping[str, Any]) -> Description:
    """Check a description.

    ``{"seed": 1, "control": "…/world.sock", "climate": {…}, "devices": [{"id", "model", …}, …]}``.
    A device has ``port`` (serial), ``adapter``, ``address`` and perhaps ``key`` (radio), or
    ``pins`` and ``numbers`` by role (GPIO). Ports and adapters are paths at which a pseudo-terminal
    appears; pins and control are paths of Unix sockets. Devices may share an adapter or pins.

    Raises:
        ConfigError: something is missing, unknown, or does not fit the device's model.
    """
    table = Table(entries, "world")
    climate = table.take_or("climate", dict, {}) or {}
    unknown = set(climate) - set(Climate.__dataclass_fields__)
    for key in unknown:
        raise table.error("climate", f"{key!r}{did_you_mean(key, Climate.__dataclass_fields__)}")
    description = Description(
        seed=table.take("seed", int),
        control=Path(table.take("control", str)),
        climate=Climate(**climate),
        devices=tuple(_device(entry) for entry in table.take("devices", list)),
    )
    table.close()
    names = [device.id for device in description.devices]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"world: device {name!r} is there twice")
    return description


def _device(entry: Mapping[str, Any]) -> VirtualDevice:
    table = Table(entry, f"world: device {entry.get('id')!r}")
    profile = load_profile(table.take("model", str))
    device = VirtualDevice(
        id=table.take("id", str),
        profile=profile,
        port=_path(table, "port", wanted=profile.serial is not None),
        adapter=_path(table, "adapter", wanted=profile.kind is ProfileKind.ADVERT),
        pins=_path(table, "pins", wanted=isinstance(profile.layout, GpioLayout)),
        numbers=table.take_or("numbers", dict, {}) or {},
        address=table.take_or("address", str, None) or "00:00:00:00:00:00",
        key=table.octets_or("key", b"") or None,
    )
    table.close()
    roles = set(profile.layout.pins) if isinstance(profile.layout, GpioLayout) else set()
    if set(device.numbers) != roles:
        raise table.error("numbers", f"{sorted(device.numbers)} are not the pins {sorted(roles)}")
    return device


def _path(table: Table, key: str, *, wanted: bool) -> Path | None:
    return Path(table.take(key, str)) if wanted else None
