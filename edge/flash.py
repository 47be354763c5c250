"""The journal's blocks on flash: one segment log for each lane, within a quota.

Every call may wait for the disk; the journal makes them one at a time, outside the event loop.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cloud_sync.block import BadBlockError, Header, read_header
from edge.disk import Disk
from edge.segments import SEGMENT_SIZE, Place, SegmentLog
from hardware.quantity import Lane

log = logging.getLogger(__name__)

SHED_FIRST = (Lane.DIAGNOSTIC, Lane.ENVIRONMENT, Lane.COUNT)  # alarms are never shed
ASIDE_LIMIT = 100  # refused blocks that are kept; each is looked at by a person


@dataclass(frozen=True, slots=True)
class Kept:
    """A block that was found on flash."""

    header: Header
    place: Place
    size: int


@dataclass(frozen=True, slots=True)
class Shed:
    """A segment that had to go."""

    lane: Lane
    segment: int


class Flash:
    """The blocks that are older than the window, or of the alarm lane."""

    def __init__(
        self, folder: Path, disk: Disk, *, quota: int, segment_size: int = SEGMENT_SIZE
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._quota = quota
        self._logs = {
            lane: SegmentLog(folder / lane.value, disk, segment_size=segment_size) for lane in Lane
        }

    @property
    def written(self) -> int:
        """Bytes written since the start, in whole pages."""
        return sum(log.written for log in self._logs.values())

    @property
    def damaged(self) -> int:
        """Bytes that were found damaged and passed over."""
        return sum(log.damaged for log in self._logs.values())

    def recover(self) -> list[Kept]:
        """Find the sound blocks, each lane oldest first."""
        found = []
        for lane, segments in self._logs.items():
            for place, octets in segments.recover():
                try:
                    found.append(Kept(read_header(octets), place, len(octets)))
                except BadBlockError as error:
                    log.error("journal: a block of lane %s is damaged: %s", lane, error)
                    segments.release(place)
        return found

    def write(self, lane: Lane, blocks: Iterable[bytes]) -> list[Place]:
        """Write blocks of one lane; they survive a power cut when this returns."""
        segments = self._logs[lane]
        places = segments.append(list(blocks))
        segments.sync()
        return places

    def read(self, lane: Lane, place: Place) -> bytes | None:
        """Give a block; None if the disk no longer gives it back sound."""
        return self._logs[lane].read(place)

    def release(self, lane: Lane, place: Place) -> None:
        """Say that a block is needed no more."""
        self._logs[lane].release(place)

    def shed(self, *, at_once: bool = False) -> Shed | None:
        """Give up the oldest segment of the least precious lane, if the quota asks for it.

        Args:
            at_once: give one up although the quota is not reached (the disk is full).
        """
        if not at_once and sum(segments.size for segments in self._logs.values()) <= self._quota:
            return None
        for lane in SHED_FIRST:
            oldest = self._logs[lane].oldest
            if oldest is not None:
                self._logs[lane].remove(oldest)
                return Shed(lane, oldest)
        return None

    def set_aside(self, header: Header, octets: bytes, reason: str) -> None:
        """Keep a block that the store refuses, and the reason, for a person to look at."""
        folder = self._folder / "refused"
        self._disk.make_folder(folder)
        if len(self._disk.list(folder)) >= 2 * ASIDE_LIMIT:
            log.error("journal: %s is full; look at it and empty it", folder)
            return
        name = f"{header.id.epoch.hex()}-{header.id.lane.value}-{header.id.seq}"
        self._disk.replace(folder / f"{name}.block", octets, durable=True)
        self._disk.replace(folder / f"{name}.reason", reason.encode(), durable=True)

    def close(self) -> None:
        """Close the files."""
        for segments in self._logs.values():
            segments.close()
