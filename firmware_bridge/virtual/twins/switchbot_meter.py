"""SwitchBot Meter: company data in the advertisement, service data in the scan response."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.radio_events import FLAGS, SCAN_RESPONSE, company, report, service
from firmware_bridge.virtual.twin import Made, Sends


def create(made: Made) -> Sends:
    """Make the twin."""
    return Meter(made.address)


class Meter:
    """Hangs in the room."""

    every = 2.0

    def __init__(self, address: str) -> None:
        self._address = address
        self._sequence = 0

    def events(self, scene: Scene) -> list[bytes]:
        """Advertise, and answer a scan."""
        self._sequence = (self._sequence + 1) & 0xFF
        tenths = round(abs(scene.room_temperature) * 10)
        sign = 0x80 if scene.room_temperature >= 0 else 0
        humidity = min(100, round(scene.room_humidity))
        measured = bytes((tenths % 10, sign | tenths // 10, humidity))
        mac = bytes.fromhex(self._address.replace(":", ""))
        data = mac + bytes((self._sequence, 0x03)) + measured
        return [
            report(self._address, FLAGS + company(0x0969, data)),
            report(self._address, service(0xFD3D, b"\x54\x00\x64" + measured), kind=SCAN_RESPONSE),
        ]
