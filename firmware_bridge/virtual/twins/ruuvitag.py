"""RuuviTag: data format 5 (RAWv2), each measurement sent three times."""

import struct

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.radio_events import FLAGS, company, report
from firmware_bridge.virtual.twin import Made, Sends

_REPEATS = 3
_POWER = (2950 - 1600) << 5 | (4 + 40) // 2  # 2.950 V, 4 dBm


def create(made: Made) -> Sends:
    """Make the twin."""
    return RuuviTag(made.address)


class RuuviTag:
    """Lies outside, and tells the air there."""

    every = 1.3

    def __init__(self, address: str) -> None:
        self._address = address
        self._sent = 0
        self._data = b""

    def events(self, scene: Scene) -> list[bytes]:
        """Send the current measurement, or one that was sent before once more."""
        if self._sent % _REPEATS == 0:
            self._data = self._measured(scene)
        self._sent += 1
        return [report(self._address, FLAGS + company(0x0499, self._data))]

    def _measured(self, scene: Scene) -> bytes:
        return struct.pack(
            ">BhHHhhhHBH6s",
            5,
            round(scene.air_temperature / 0.005),
            round(scene.humidity / 0.0025),
            round(scene.pressure * 100) - 50_000,
            12, -8, 1004,
            _POWER,
            17,
            self._sent // _REPEATS % 65_535,
            bytes.fromhex(self._address.replace(":", "")),
        )  # fmt: skip
