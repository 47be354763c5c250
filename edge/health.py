"""The node's readings of itself: a node is a device, too."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from edge import machine
from edge.disk import Disk
from edge.journal import Journal
from edge.timekeeper import TimeKeeper
from hardware.clock import Clock
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Value

EVERY = 60.0  # seconds; what is told here changes slowly
FIRST = 5.0  # seconds after the start, so that a newcomer sees the node at once


class Health:
    """Measures the node and tells it, until cancelled."""

    def __init__(
        self,
        *,
        journal: Journal,
        time_keeper: TimeKeeper,
        disk: Disk,
        state: Path,
        clock: Clock,
        observe: Callable[[tuple[Measurement, ...]], None],
    ) -> None:
        """Make it.

        Args:
            journal: whose backlog and wear are told.
            time_keeper: whose trust is told.
            disk: whose free space is told.
            state: the folder on that disk.
            clock: the time.
            observe: takes the measurements of the node.
        """
        self._journal = journal
        self._time_keeper = time_keeper
        self._disk = disk
        self._state = state
        self._clock = clock
        self._observe = observe
        self._shed: dict[Lane, int] = {}

    def note_shed(self, lane: Lane, readings: int) -> None:
        """Tell at once that readings of a lane have gone without a receipt."""
        self._shed[lane] = self._shed.get(lane, 0) + readings
        self._observe((_measured("readings_shed", float(self._shed[lane]), lane.value),))

    async def run(self) -> None:
        """Measure and tell."""
        await self._clock.sleep(FIRST)
        while True:
            self._observe(tuple(self._measurements()))
            await self._clock.sleep(EVERY)

    def _measurements(self) -> Iterator[Measurement]:
        yield _measured("uptime", self._clock.since_boot_us() / 1_000_000)
        yield _measured("memory", float(machine.resident_memory()))
        yield _measured("cpu_time", machine.cpu_time())
        yield _measured("clock_trust", self._time_keeper.dating().trust.name.lower())
        yield _measured("journal_backlog", float(self._journal.waiting))
        yield _measured("journal_written", float(self._journal.flash_written))
        yield _measured("journal_window", self._journal.window)
        try:
            yield _measured("disk_free", float(self._disk.free(self._state)))
        except OSError:
            return


def _measured(name: str, value: Value, channel: str = "") -> Measurement:
    quantity = QUANTITIES[name]
    step = quantity.step if not quantity.states else Decimal(1)
    return Measurement(quantity, value, channel, step)
