"""Debounce: which of a contact's edges count. Pure; times are microseconds since boot.

gpiozero's own is not used: with lgpio it loses edges and invents others (gpiozero #550, #1039,
#1090). Here an edge counts when its level has then held for the whole debounce time, and it counts
from the moment at which it came.
"""

from typing import NamedTuple


class Edge(NamedTuple):
    """A level (1 high, 0 low) and since when."""

    level: int
    at_us: int


class Debouncer:
    """Takes the raw edges of one pin, in the order of their times; gives the levels that settle."""

    def __init__(self, debounce_us: int) -> None:
        self._debounce_us = debounce_us
        self._settled: int | None = None
        self._latest: Edge | None = None

    @property
    def due_us(self) -> int | None:
        """When the latest level will have settled if it holds; None while none is in question."""
        if self._latest is None or self._latest.level == self._settled:
            return None
        return self._latest.at_us + self._debounce_us

    def edge(self, level: int, at_us: int) -> Edge | None:
        """Take one raw edge; give the one before it, if that has settled in the meantime."""
        settled = self.settle(at_us)
        if self._latest is None or level != self._latest.level:
            self._latest = Edge(level, at_us)
        return settled

    def settle(self, now_us: int) -> Edge | None:
        """Give the latest level if it has now settled and is another than the one before."""
        due_us = self.due_us
        if due_us is None or now_us < due_us:
            return None
        assert self._latest is not None, "only a level can be due"
        self._settled = self._latest.level
        return self._latest
