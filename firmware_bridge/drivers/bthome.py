"""BTHome version 2: the only file that knows bthome-ble.

The library decrypts and takes objects apart; a new parser does it for each advertisement, because
its own memory follows other rules than ours. It takes any counter below 100 for a restarted device,
so that an advertisement recorded when the battery was new could be replayed for ever. Here a
counter only grows, and outlives the process in ``memory``; a changed battery needs a person who
makes the site forget it.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from bthome_ble import SensorUpdate
from bthome_ble.parser import BTHomeBluetoothDeviceData
from habluetooth import BluetoothServiceInfoBleak

from firmware_bridge.driver import Advertises, Memory, Secrets
from hardware.advert import Advert
from hardware.decode import advert_payload
from hardware.errors import BrokenFrame, ConfigError, NeedsKey, NotMine
from hardware.layout import AdvertLayout
from hardware.measure import Named, measure_named
from hardware.profile import Profile, Raw, Setting
from hardware.reading import Measurements

_COUNTER = "counter"
_SHORTEST_ENCRYPTED = 11  # device information, one object of two bytes, counter, check bytes
_INSTANCE = re.compile(r"(?P<name>.+)_(?P<number>[0-9]+)")


def create(
    profile: Profile,
    secrets: Secrets,
    settings: Mapping[str, Setting],  # noqa: ARG001 - a BTHome device describes itself
    memory: Memory,
) -> Advertises:
    """Make the driver of one device, with its key if it encrypts."""
    return BTHome(profile, secrets, memory)


class BTHome:
    """Measures the advertisements of one device. Satisfies ``driver.Advertises``.

    A plain advertisement without a packet id cannot be told from its repeats and is measured each
    time; a device that reports events has packet ids, or it encrypts.
    """

    def __init__(self, profile: Profile, secrets: Secrets, memory: Memory) -> None:
        if secrets.key is not None and len(secrets.key) != 16:
            raise ConfigError(
                f"a BTHome key has 16 bytes (32 hexadecimal digits), this one {len(secrets.key)}"
            )
        self._profile = profile
        self._key = secrets.key
        self._counter = memory.get(_COUNTER, -1)
        self._last: bytes | None = None
        # What the library would log for each damaged advertisement is raised here, once.
        logging.getLogger("bthome_ble.parser").setLevel(logging.CRITICAL)

    @property
    def memory(self) -> Memory:
        """The counter of the last advertisement that was accepted."""
        return {} if self._counter < 0 else {_COUNTER: self._counter}

    def hear(self, advert: Advert) -> Measurements:
        """Measure one advertisement; a repeat gives nothing.

        Raises:
            NotMine: not BTHome version 2.
            NeedsKey: encrypted, and the key is missing or wrong.
            BrokenFrame: cut short, a replay, or plain from a device that encrypts.
        """
        payload = advert_payload(self._profile, advert)
        if not payload or payload[0] >> 5 != 2:
            raise NotMine("not BTHome version 2")
        values = list(_named(self._opened(advert, payload)))
        return () if self._is_repeat(payload, values) else measure_named(self._profile, values)

    def _opened(self, advert: Advert, payload: bytes) -> SensorUpdate:
        """Check that the advertisement is as it should be for this device, and open it."""
        encrypted = payload[0] & 1
        if encrypted and self._key is None:
            raise NeedsKey("encrypted; give this device's key")
        if self._key is not None and not encrypted:
            raise BrokenFrame(
                "plain, from a device that has a key: forged, or the device was reset"
            )
        if encrypted and len(payload) < _SHORTEST_ENCRYPTED:
            raise BrokenFrame(f"{len(payload)} bytes are too few for an encrypted advertisement")
        parser = BTHomeBluetoothDeviceData(bindkey=self._key)
        update = parser.update(_service_info(advert, self._profile, payload))
        if encrypted and parser.decryption_failed:
            raise NeedsKey("encrypted; this device's key does not open it")
        return update

    def _is_repeat(self, payload: bytes, values: list[Named]) -> bool:
        """Whether this transmission was heard before; a counter that falls is refused."""
        if payload[0] & 1:
            counter = int.from_bytes(payload[-8:-4], "little")
            before, self._counter = self._counter, max(counter, self._counter)
            if counter < before:
                raise BrokenFrame(
                    f"counter {counter} after {before}: recorded and sent again, or the battery was"
                    " changed; if it was, make the site forget this device's counter"
                )
            return counter == before
        before_payload, self._last = self._last, payload
        return payload == before_payload and any(value.name == "packet_id" for value in values)


def _service_info(advert: Advert, profile: Profile, payload: bytes) -> BluetoothServiceInfoBleak:
    """Dress an advertisement as the library wants it; it looks at neither device nor time."""
    assert isinstance(profile.layout, AdvertLayout)
    return BluetoothServiceInfoBleak(
        name="",
        address=advert.address,
        rssi=0,
        manufacturer_data={},
        service_data={profile.layout.service or "": payload},
        service_uuids=[],
        source="",
        device=cast("Any", None),
        advertisement=None,
        connectable=False,
        time=0.0,
        tx_power=None,
    )


def _named(update: SensorUpdate) -> Iterator[Named]:
    """Name what the library found; its ``temperature_2`` is the second of several temperatures."""
    for key, sensor in update.entity_values.items():
        unit = update.entity_descriptions[key].native_unit_of_measurement
        value = sensor.native_value
        if isinstance(value, int | float | str):
            yield _instance(key.key, value, suffix=unit.value if unit else "")
    for key, flag in update.binary_entity_values.items():
        if flag.native_value is not None:
            yield _instance(f"binary:{key.key}", flag.native_value)
    for key, event in update.events.items():
        yield _instance(key.key, event.event_type)


def _instance(name: str, raw: Raw, suffix: str = "") -> Named:
    numbered = _INSTANCE.fullmatch(name)
    if numbered is None:
        return Named(name, raw, suffix)
    return Named(numbered["name"], raw, suffix, channel=numbered["number"])
