"""Where readings wait in memory: files on tmpfs, which outlive the process but not the power.

Each lane has one *stage*: the readings of the block that is being filled, one fixed record each.
When it is sealed, the block becomes a file of its own and the stage begins anew with the next
number. A stage always exists, so the next number is never forgotten while the machine runs. When
the machine has rebooted there is no stage, and a new epoch begins: no number is used twice.
"""

import contextlib
import secrets
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloud_sync.block import LANES, BlockId, Column
from edge.disk import Appender, Disk
from hardware.quantity import Lane
from hardware.reading import Absence

_RECORD = struct.Struct("<HQqB")
_STAGE_HEAD = struct.Struct("<Q")
_BLOCK_SUFFIX = ".block"
_STAGE_SUFFIX = ".stage"
_ABSENCES = (None, Absence.NOT_AVAILABLE, Absence.IMPLAUSIBLE, Absence.SILENT)


@dataclass(slots=True)
class Stage:
    """The block that a lane is filling."""

    seq: int
    file: Appender
    rows: list[tuple[int, int, int | Absence]]

    def columns(self) -> list[Column]:
        """Order the rows by channel, each channel oldest first."""
        by_channel: dict[int, list[tuple[int, int | Absence]]] = defaultdict(list)
        for channel, time_us, steps in self.rows:
            by_channel[channel].append((time_us, steps))
        return [
            Column(channel, *zip(*rows, strict=True))
            for channel, rows in sorted(by_channel.items())
        ]


class Staging:
    """The stages and the sealed blocks of one node on tmpfs."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self.epoch = b""
        self.stages: dict[Lane, Stage] = {}

    def recover(self, boot: str) -> dict[BlockId, int]:
        """Take up what the last process of this boot left; where there is nothing, begin an epoch.

        Returns:
            The sealed blocks that are there, with their sizes.
        """
        self._disk.make_folder(self._folder)
        if not self._same_boot(boot):
            for name in self._disk.list(self._folder):
                self._disk.remove(self._folder / name)
            self.epoch = secrets.token_bytes(6)
            self._disk.replace(
                self._folder / "epoch", f"{self.epoch.hex()} {boot}".encode(), durable=False
            )
        blocks = dict(self._blocks())
        for lane in LANES:
            self._recover_stage(lane, blocks)
        return blocks

    def append(self, lane: Lane, channel: int, time_us: int, steps: int | Absence) -> None:
        """Keep one reading; it outlives the process when this returns."""
        stage = self.stages[lane]
        if isinstance(steps, Absence):
            record = _RECORD.pack(channel, time_us, 0, _ABSENCES.index(steps))
        else:
            record = _RECORD.pack(channel, time_us, steps, 0)
        stage.file.append(record)
        stage.rows.append((channel, time_us, steps))

    def seal(self, block: BlockId, octets: bytes) -> None:
        """Keep a sealed block and begin the lane's next stage."""
        self._disk.replace(self._block_path(block), octets, durable=False)
        self._begin(block.lane, block.seq + 1)

    def read(self, block: BlockId) -> bytes:
        """Give a sealed block."""
        return self._disk.read(self._block_path(block))

    def remove(self, block: BlockId) -> None:
        """Forget a sealed block."""
        self._disk.remove(self._block_path(block))

    def close(self) -> None:
        """Close the files; what they hold stays for the next process of this boot."""
        for stage in self.stages.values():
            stage.file.close()
        self.stages.clear()

    def _same_boot(self, boot: str) -> bool:
        with contextlib.suppress(OSError, ValueError):
            epoch, of_boot = self._disk.read(self._folder / "epoch").decode().split()
            self.epoch = bytes.fromhex(epoch)
            return of_boot == boot and len(self.epoch) == 6
        return False

    def _blocks(self) -> Iterator[tuple[BlockId, int]]:
        for name in self._disk.list(self._folder):
            if name.endswith(_BLOCK_SUFFIX):
                lane, seq = name.removesuffix(_BLOCK_SUFFIX).split("-")
                block = BlockId(self.epoch, Lane(lane), int(seq))
                yield block, len(self.read(block))

    def _recover_stage(self, lane: Lane, blocks: dict[BlockId, int]) -> None:
        try:
            octets = self._disk.read(self._stage_path(lane))
            (seq,) = _STAGE_HEAD.unpack_from(octets)
        except (OSError, struct.error):
            self._begin(lane, 0)
            return
        if BlockId(self.epoch, lane, seq) in blocks:  # died between sealing and beginning anew
            self._begin(lane, seq + 1)
            return
        records = octets[_STAGE_HEAD.size :]
        whole = len(records) // _RECORD.size * _RECORD.size
        rows = [
            (channel, time_us, _ABSENCES[absence] or number)
            for channel, time_us, number, absence in _RECORD.iter_unpack(records[:whole])
        ]
        if whole != len(records):  # died in the middle of a record
            self._disk.replace(
                self._stage_path(lane), octets[: _STAGE_HEAD.size + whole], durable=False
            )
        self.stages[lane] = Stage(seq, self._disk.appender(self._stage_path(lane)), rows)

    def _begin(self, lane: Lane, seq: int) -> None:
        old = self.stages.get(lane)
        if old is not None:
            old.file.close()
        self._disk.replace(self._stage_path(lane), _STAGE_HEAD.pack(seq), durable=False)
        self.stages[lane] = Stage(seq, self._disk.appender(self._stage_path(lane)), [])

    def _stage_path(self, lane: Lane) -> Path:
        return self._folder / f"{lane.value}{_STAGE_SUFFIX}"

    def _block_path(self, block: BlockId) -> Path:
        return self._folder / f"{block.lane.value}-{block.seq:010d}{_BLOCK_SUFFIX}"
