"""Are the links alive? What the service has heard of the broker and of the ingest, and when."""

from collections.abc import Callable
from datetime import datetime

from hardware.clock import Clock


class Pulse:
    """Remembers when the ingest last gave a receipt."""

    def __init__(self, clock: Clock, *, connected: Callable[[], bool]) -> None:
        self._clock = clock
        self._connected = connected
        self.last_receipt: datetime | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a session with the broker now."""
        return self._connected()

    def receipt_heard(self) -> None:
        """Note that the ingest has stored something just now."""
        self.last_receipt = self._clock.now()

    def ingest_age(self) -> float | None:
        """Seconds since the ingest last gave a receipt; None if none was heard since the start."""
        if self.last_receipt is None:
            return None
        return (self._clock.now() - self.last_receipt).total_seconds()
