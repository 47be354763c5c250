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
    """The unsettled blocks of all epochs, each lane oldest first.

    Attributes:
        readings: how many readings wait.
        in_memory: the blocks that are not on flash, oldest first.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[bytes, Lane], OrderedDict[int, Entry]] = {}
        self.readings = 0
        self.in_memory: OrderedDict[BlockId, Entry] = OrderedDict()

    def add(self, block: BlockId, entry: Entry) -> None:
        """Add a block; numbers of one epoch and lane come in rising order."""
        self._lane(block)[block.seq] = entry
        self.readings += entry.readings
        if entry.place is None:
            self.in_memory[block] = entry

    def get(self, block: BlockId) -> Entry | None:
        """Give a block's entry; None once it is settled or gone."""
        return self._lane(block).get(block.seq)

    def remove(self, block: BlockId) -> Entry | None:
        """Take a block out."""
        entry = self._lane(block).pop(block.seq, None)
        if entry is not None:
            self.readings -= entry.readings
            self.in_memory.pop(block, None)
        return entry

    def written(self, block: BlockId, place: Place) -> bool:
        """Note that a block is on flash; False if it has been settled meanwhile."""
        entry = self.get(block)
        if entry is None:
            return False
        entry.place = place
        self.in_memory.pop(block, None)
        return True

    def blocks(self) -> Iterator[tuple[BlockId, Entry]]:
        """Give all blocks: the most precious lane first, in it the oldest epoch and block first."""
        for lane in LANES:
            for (epoch, of_lane), entries in self._entries.items():
                if of_lane is lane:
                    for seq, entry in entries.items():
                        yield BlockId(epoch, lane, seq), entry

    def settled_by(self, receipt: Receipt) -> list[BlockId]:
        """Give the blocks that a receipt settles."""
        found = []
        for lane, of_lane in receipt.lanes.items():
            entries = self._entries.get((receipt.epoch, lane), OrderedDict())
            for seq in entries:
                if seq >= of_lane.upto:
                    break
                found.append(BlockId(receipt.epoch, lane, seq))
            beyond = sorted(of_lane.also | of_lane.refused.keys())
            found += [
                BlockId(receipt.epoch, lane, seq)
                for seq in beyond
                if seq >= of_lane.upto and seq in entries
            ]
        return found

    def _lane(self, block: BlockId) -> OrderedDict[int, Entry]:
        return self._entries.setdefault((block.epoch, block.lane), OrderedDict())
