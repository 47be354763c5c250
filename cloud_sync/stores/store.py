"""What every store promises.

``write`` is durable when it returns, and idempotent: a block that is there already changes nothing.
Receipts are made from what ``write`` returns and from nothing else. All calls block; callers in an
event loop run them in a thread. Times are microseconds since 1970, intervals are half-open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud_sync.birth import Birth
from cloud_sync.receipt import LaneReceipt
from hardware.quantity import Lane
from hardware.reading import Absence, Trust, Value


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """A node, for ever: a Pi that is replaced keeps its name."""

    site: str
    node: str


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """A series, for ever: one channel of one quantity of one device."""

    site: str
    node: str
    device: str
    quantity: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """One block as it came in."""

    source: NodeKey
    lane: Lane
    block: bytes
    at_us: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has of one epoch of a node, after a write.

    Attributes:
        birth_wanted: a block names a channel table that the store does not have.
    """

    source: NodeKey
    epoch: bytes
    lanes: Mapping[Lane, LaneReceipt]
    birth_wanted: bool = False


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What is known of a node.

    Attributes:
        birth: its own last account; None while none has come.
        online: whether the broker has it connected; None while it has not said.
        status_us: since when.
    """

    key: NodeKey
    birth: Birth | None
    online: bool | None
    status_us: int | None


@dataclass(frozen=True, slots=True)
class Fact:
    """The latest that is known of a series.

    Attributes:
        at_us: when it was observed.
        received_us: when the store got it.
    """

    series: SeriesKey
    at_us: int
    value: Value
    trust: Trust
    received_us: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored reading of a series."""

    at_us: int
    value: Value


@dataclass(frozen=True, slots=True)
class Bucket:
    """A series over one step of time. Numbers are None where no reading has a number.

    Attributes:
        count: readings that have a number.
        absent: readings that say why there is none.
        last: the last value in the bucket, of whatever kind.
    """

    start_us: int
    count: int
    absent: int
    mean: float | None
    low: float | None
    high: float | None
    last: Value | None


@dataclass(frozen=True, slots=True)
class Transition:
    """From this moment the series had this state, or none that is known."""

    at_us: int
    state: str | Absence


class Store(Protocol):
    """Where readings end."""

    def write(self, blocks: Sequence[Received]) -> list[Kept]:
        """Write blocks; durable when this returns. A second write changes nothing.

        A block that can never be taken is set aside with its reason and receipted as refused.

        Raises:
            StoreError: nothing was written; try again later.
        """

    def register(self, birth: Birth, *, at_us: int) -> None:
        """Keep a node's account of itself, and its channel table for ever."""

    def note_status(self, source: NodeKey, *, online: bool, at_us: int) -> None:
        """Keep whether the broker has a node connected."""

    def nodes(self) -> list[NodeFacts]:
        """List all nodes that have ever said something."""

    def latest(self, site: str | None = None) -> list[Fact]:
        """Give the latest of every series, of one site or of all."""

    def range(self, series: SeriesKey, start_us: int, end_us: int) -> Iterator[Sample]:
        """Give the readings of a series in ``[start, end)``, oldest first."""

    def aggregate(
        self, series: SeriesKey, start_us: int, end_us: int, step_us: int
    ) -> list[Bucket]:
        """Give a series in steps from ``start``; steps without any reading are left out."""

    def transitions(self, series: SeriesKey, start_us: int, end_us: int) -> list[Transition]:
        """Give the changes of a state series in ``[start, end)``, led by the state at ``start``."""

    def close(self) -> None:
        """Let go of files and connections."""


class StoreError(RuntimeError):
    """The store cannot do this now (disk full, server away): nothing was changed; try again."""
