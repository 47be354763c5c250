"""Which blocks are not settled, and where each is. Plain bookkeeping, no files."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from cloud_sync.block import LANES, BlockId, Dating
from cloud_sync.receipt import Receipt
from edge.segments import Place
from hardware.quantity import Lane


@dataclass(slots=True)
class Entry:
    """A sealed block that no receipt has settled.

    Attributes:
        sealed_at: on the monotonic clock.
        dating: its own, or the one that it got later; None while nobody knows the date.
        dated_later: whether ``dating`` must be put in whenever the block is read.
        place: on flash; None while it is only in memory.
    """

    readings: int
    sealed_at: float
    dating: Dating | None
    dated_later: bool = False
    place: Place | None = None


class Backlog:
    """The unsettled blocks of all epochs, each lane oldest first."""

    def __init__(self) -> None:
        self._entries: dict[tuple[bytes, Lane], OrderedDict[int, Entry]] = {}

    @property
    def readings(self) -> int:
        """How many readings wait."""
        return sum(entry.readings for _, entry in self.blocks())

    def add(self, block: BlockId, entry: Entry) -> None:
        """Add a block; numbers of one epoch and lane come in rising order."""
        self._entries.setdefault((block.epoch, block.lane), OrderedDict())[block.seq] = entry

    def get(self, block: BlockId) -> Entry | None:
        """Give a block's entry; None once it is settled or gone."""
        return self._entries.get((block.epoch, block.lane), OrderedDict()).get(block.seq)

    def remove(self, block: BlockId) -> Entry | None:
        """Take a block out."""
        return self._entries.get((block.epoch, block.lane), OrderedDict()).pop(block.seq, None)

    def blocks(self) -> Iterator[tuple[BlockId, Entry]]:
        """Give all blocks: the most precious lane first, in it the oldest epoch and block first."""
        for lane in LANES:
            for (epoch, of_lane), entries in self._entries.items():
                if of_lane is lane:
                    for seq, entry in entries.items():
                        yield BlockId(epoch, lane, seq), entry

    def settled_by(self, receipt: Receipt) -> Iterator[BlockId]:
        """Give the blocks that a receipt settles. The caller may remove each as it comes."""
        for lane, of_lane in receipt.lanes.items():
            entries = self._entries.get((receipt.epoch, lane), OrderedDict())
            while entries and (oldest := next(iter(entries))) < of_lane.upto:
                yield BlockId(receipt.epoch, lane, oldest)
                if oldest in entries:
                    return  # the caller keeps it: do not offer it for ever
            for seq in sorted(of_lane.also | of_lane.refused.keys()):
                if seq in entries:
                    yield BlockId(receipt.epoch, lane, seq)
