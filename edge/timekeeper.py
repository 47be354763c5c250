"""Who may be believed about the date.

Readings carry microseconds since boot, which are always right. The *anchor* turns them into dates;
it is taken from the best source that there is, and its trust travels with every block.
"""

from collections.abc import Callable
from datetime import datetime

from cloud_sync.block import Dating
from hardware.clock import Clock, from_unix_us, to_unix_us
from hardware.reading import Trust

RE_ANCHOR_US = 500_000  # a service's time that differs by less is the link's delay, not our error


class TimeKeeper:
    """Holds the anchor of this boot."""

    def __init__(self, clock: Clock, *, synchronised: Callable[[], bool]) -> None:
        """Make a time keeper.

        Args:
            clock: the machine's.
            synchronised: whether the system's wall clock is disciplined by NTP now.
        """
        self._clock = clock
        self._synchronised = synchronised
        self._told: int | None = None

    def dating(self) -> Dating:
        """How this boot's microseconds are dated now; untrusted while nobody knows the date."""
        if self._synchronised():
            anchor = to_unix_us(self._clock.now()) - self._clock.since_boot_us()
            return Dating(anchor, Trust.NTP)
        if self._told is not None:
            return Dating(self._told, Trust.SERVICE)
        return Dating()

    def hear_service(self, now_us: int) -> None:
        """Take the service's time, as a receipt brings it just now."""
        anchor = now_us - self._clock.since_boot_us()
        if self._told is None or abs(anchor - self._told) > RE_ANCHOR_US:
            self._told = anchor

    def now(self) -> datetime | None:
        """The wall time, if it is trusted."""
        dating = self.dating()
        if dating.trust is Trust.NONE:
            return None
        return from_unix_us(dating.anchor_us + self._clock.since_boot_us())
