"""A BTHome version 2 sensor: temperature, humidity, motion; encrypted where it has a key."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.radio_events import FLAGS, report, service
from firmware_bridge.virtual.twin import Made, Sends

_PLAIN, _ENCRYPTED = 0x40, 0x41
_REPEATS = 2


def create(made: Made) -> Sends:
    """Make the twin."""
    return BTHome(made)


class BTHome:
    """Hangs in the room. Its counter begins with the seconds, so that it grows over restarts."""

    every = 2.0

    def __init__(self, made: Made) -> None:
        self._made = made
        self._counter = made.seconds & 0xFFFF_FFFF
        self._sent = 0
        self._payload = b""

    def events(self, scene: Scene) -> list[bytes]:
        """Send the current measurement, or the one before once more."""
        if self._sent % _REPEATS == 0:
            self._counter += 1
            self._payload = self._measured(scene)
        self._sent += 1
        return [report(self._made.address, FLAGS + service(0xFCD2, self._payload))]

    def _measured(self, scene: Scene) -> bytes:
        objects = (
            b"\x01\x5f"
            b"\x02"
            + round(scene.room_temperature * 100).to_bytes(2, "little", signed=True)
            + b"\x03"
            + round(scene.room_humidity * 100).to_bytes(2, "little")
            + b"\x21"
            + bytes((scene.moving,))
        )
        if self._made.key is None:
            return bytes((_PLAIN, 0x00, self._counter & 0xFF)) + objects
        counter = self._counter.to_bytes(4, "little")
        mac = bytes.fromhex(self._made.address.replace(":", ""))
        nonce = mac + b"\xd2\xfc" + bytes((_ENCRYPTED,)) + counter
        sealed = AESCCM(self._made.key, tag_length=4).encrypt(nonce, objects, None)
        return bytes((_ENCRYPTED,)) + sealed[:-4] + counter + sealed[-4:]
