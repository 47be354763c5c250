"""SwitchBot Lock: tells bolt and door in its advertisement. Turned by hand, or by an order."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.radio_events import FLAGS, SCAN_RESPONSE, company, report, service
from firmware_bridge.virtual.twin import Made

_STATES = {"locked": 0, "unlocked": 1, "locking": 2, "unlocking": 3, "jammed": 4}


def create(made: Made) -> "Lock":
    """Make the twin."""
    return Lock(made.address)


class Lock:
    """Sits on an inner door. Satisfies ``twin.Sends``; takes orders for ``lock`` and ``door``."""

    every = 3.0

    def __init__(self, address: str) -> None:
        self._address = address
        self._sequence = 0
        self._state = "locked"
        self._open = False

    def order(self, what: str, how: object) -> bool:
        """Turn the lock (``lock``: a state) or move the door (``door``: open or closed)."""
        if what == "lock" and how in _STATES:
            self._state = str(how)
            return True
        if what == "door" and how in ("open", "closed"):
            self._open = how == "open"
            return True
        return False

    def events(self, scene: Scene) -> list[bytes]:  # noqa: ARG002 - hands move it, not the weather
        """Advertise, and answer a scan."""
        self._sequence = (self._sequence + 1) & 0xFF
        state = 0x80 | _STATES[self._state] << 4 | self._open << 2
        mac = bytes.fromhex(self._address.replace(":", ""))
        data = mac + bytes((self._sequence, state, 0x00, 0x20))
        return [
            report(self._address, FLAGS + company(0x0969, data)),
            report(self._address, service(0xFD3D, b"\x6f\x80\x5a"), kind=SCAN_RESPONSE),
        ]
