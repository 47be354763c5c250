"""An electric strike with bolt monitor and door contact, and a visitor behind the door.

The bolt gives way a moment after the relay, and comes back when the relay is off and the door is
shut. A visitor opens the door when the bolt has given way, and shuts it behind himself.
"""

from collections.abc import Mapping

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Wired

_MOVES = 0.15  # seconds from the relay to the bolt
_ENTERS, _SHUTS = 1.5, 4.5  # seconds after the bolt has given way


def create(_: Made) -> Wired:
    """Make the twin."""
    return Strike()


class Strike:
    """Takes orders: ``jam`` (true or false), ``visitor`` (true or false), ``door``."""

    def __init__(self) -> None:
        self._power, self._power_since = 0, 0.0
        self._unlocked, self._unlocked_since = False, 0.0
        self._jammed = False
        self._visitor = True
        self._held: bool | None = None

    def levels(self, scene: Scene, at: float) -> Mapping[str, int]:  # noqa: ARG002 - hands move it
        """Both contacts are low while bolt and door are shut."""
        is_open = self._is_open(at)
        moved = at - self._power_since >= _MOVES and not self._jammed
        if moved and self._power and not self._unlocked:
            self._unlocked, self._unlocked_since = True, at
        elif moved and not self._power and not is_open:
            self._unlocked = False
        return {"bolt": int(self._unlocked), "door": int(self._is_open(at))}

    def driven(self, role: str, level: int, at: float) -> None:
        """The relay switches the strike's power."""
        if role == "relay" and level != self._power:
            self._power, self._power_since = level, at

    def order(self, what: str, how: object) -> bool:
        """Jam or free the bolt, send the visitor or keep him away, hold the door open or shut."""
        if what == "jam" and isinstance(how, bool):
            self._jammed = how
        elif what == "visitor" and isinstance(how, bool):
            self._visitor = how
        elif what == "door" and how in ("open", "closed", None):
            self._held = None if how is None else how == "open"
        else:
            return False
        return True

    def _is_open(self, at: float) -> bool:
        if self._held is not None:
            return self._held
        since = at - self._unlocked_since
        return self._visitor and self._unlocked and _ENTERS <= since < _SHUTS
