"""Receipts: what the store has. Only a receipt lets a node forget.

A receipt also carries the service's time, so that a node without any other source knows the date,
and asks for a birth where the store holds no channel table for a block.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud_sync.block import BlockId
from hardware.quantity import Lane


class BadMessageError(ValueError):
    """A message that does not follow the wire's specification: count it, drop it."""


@dataclass(frozen=True, slots=True)
class LaneReceipt:
    """What the store has of one lane.

    Attributes:
        upto: every block with a number below this is in the store.
        also: numbers from ``upto`` on that are in the store too.
        refused: blocks that the store will never take, with the reason.
    """

    upto: int = 0
    also: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)

    def settles(self, seq: int) -> bool:
        """Whether the node need not send this block again."""
        return seq < self.upto or seq in self.also or seq in self.refused


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the store has of one epoch of a node.

    Attributes:
        now_us: the service's clock when the receipt was written, microseconds since 1970.
        birth_wanted: the store lacks a channel table; the node shall tell its birth again.
    """

    epoch: bytes
    lanes: Mapping[Lane, LaneReceipt]
    now_us: int
    birth_wanted: bool = False

    def settles(self, block: BlockId) -> bool:
        """Whether the node need not send this block again."""
        lane = self.lanes.get(block.lane)
        return block.epoch == self.epoch and lane is not None and lane.settles(block.seq)


def write(receipt: Receipt) -> bytes:
    """Give the JSON that travels."""
    lanes = {
        lane.value: {
            "upto": of_lane.upto,
            "also": sorted(of_lane.also),
            "refused": {str(seq): reason for seq, reason in of_lane.refused.items()},
        }
        for lane, of_lane in receipt.lanes.items()
    }
    return json.dumps(
        {
            "epoch": receipt.epoch.hex(),
            "lanes": lanes,
            "now_us": receipt.now_us,
            "birth_wanted": receipt.birth_wanted,
        },
        ensure_ascii=False,
    ).encode()


def read(payload: bytes) -> Receipt:
    """Read a receipt.

    Raises:
        BadMessageError: it is none.
    """
    try:
        entries = json.loads(payload)
        return Receipt(
            epoch=bytes.fromhex(entries["epoch"]),
            lanes={Lane(lane): _lane(part) for lane, part in entries["lanes"].items()},
            now_us=int(entries["now_us"]),
            birth_wanted=bool(entries["birth_wanted"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadMessageError(f"not a receipt: {error!r}") from None


def _lane(part: Mapping[str, object]) -> LaneReceipt:
    also, refused = part["also"], part["refused"]
    if not isinstance(also, list) or not isinstance(refused, dict):
        raise TypeError("also is a list, refused a table")
    return LaneReceipt(
        upto=int(str(part["upto"])),
        also=frozenset(int(seq) for seq in also),
        refused={int(seq): str(reason) for seq, reason in refused.items()},
    )
