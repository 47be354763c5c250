"""An append-only log of frames in preallocated files, made to be opened after a power cut.

A frame is ``magic, length, number, payload, CRC``. The CRC covers all the others, so that a run of
zeros (of which a preallocated file is full) is no frame; numbers grow by one, so that an old frame
is no new one. What is damaged in the middle is passed over and counted; what is torn at the end is
where writing goes on.
"""

import logging
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.disk import Disk, File

log = logging.getLogger(__name__)

SEGMENT_SIZE = 256 * 1024  # bytes; also the unit in which space is given back
SUFFIX = ".segment"

_MAGIC = b"KS"
_HEAD = struct.Struct("<2sIQ")
_CRC = struct.Struct("<I")
OVERHEAD = _HEAD.size + _CRC.size  # bytes that a frame adds to its payload


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame is: its segment, and where in it the payload begins."""

    segment: int
    offset: int
    size: int


@dataclass(slots=True)
class _Segment:
    file: File
    size: int
    end: int = 0
    live: int = 0


class SegmentLog:
    """The segments of one folder. Not for several threads at once.

    What ``append`` took survives the death of the process; once ``sync`` returned, a power cut too.

    Attributes:
        damaged: bytes that were passed over because they are no sound frames.
        written: bytes written since the start, rounded up to the pages that carry them.
    """

    def __init__(self, folder: Path, disk: Disk, *, segment_size: int = SEGMENT_SIZE) -> None:
        self._folder = folder
        self._disk = disk
        self._segment_size = segment_size
        self._segments: dict[int, _Segment] = {}
        self._next_frame = 0
        self._unsynced: set[int] = set()
        self.damaged = 0
        self.written = 0

    @property
    def size(self) -> int:
        """Bytes that the segments take on the disk."""
        return sum(segment.size for segment in self._segments.values())

    @property
    def oldest(self) -> int | None:
        """The oldest segment."""
        return min(self._segments, default=None)

    def recover(self) -> list[tuple[Place, bytes]]:
        """Open what is there; give each sound frame's place and payload, oldest first."""
        self._disk.make_folder(self._folder)
        names = [name for name in self._disk.list(self._folder) if name.endswith(SUFFIX)]
        return [found for name in names for found in self._recover_segment(name)]

    def append(self, payloads: Sequence[bytes]) -> list[Place]:
        """Write frames behind the last one."""
        places = []
        for payload in payloads:
            number = self._segment_with_room(len(payload) + OVERHEAD)
            segment = self._segments[number]
            frame = _HEAD.pack(_MAGIC, len(payload), self._next_frame) + payload
            segment.file.write(segment.end, frame + _CRC.pack(zlib.crc32(frame)))
            places.append(Place(number, segment.end + _HEAD.size, len(payload)))
            self.written += _pages(segment.end, len(payload) + OVERHEAD)
            segment.end += len(payload) + OVERHEAD
            segment.live += 1
            self._next_frame += 1
            self._unsynced.add(number)
        return places

    def sync(self) -> None:
        """Make everything appended so far survive a power cut."""
        for number in sorted(self._unsynced):
            if number in self._segments:
                self._segments[number].file.sync()
        self._unsynced.clear()

    def read(self, place: Place) -> bytes | None:
        """Give a frame's payload; None if the disk no longer gives it back sound."""
        segment = self._segments.get(place.segment)
        if segment is None:
            return None
        frame = segment.file.read(place.offset - _HEAD.size, place.size + OVERHEAD)
        sound = len(frame) == place.size + OVERHEAD and _crc_holds(frame)
        return frame[_HEAD.size : -_CRC.size] if sound else None

    def release(self, place: Place) -> None:
        """Say that a frame is needed no more; a segment without needed frames is removed."""
        segment = self._segments.get(place.segment)
        if segment is None:
            return
        segment.live -= 1
        if segment.live == 0:
            self.remove(place.segment)

    def remove(self, number: int) -> None:
        """Remove a segment with all that is in it."""
        segment = self._segments.pop(number)
        segment.file.close()
        self._disk.remove(self._path(number))

    def close(self) -> None:
        """Close the files."""
        for segment in self._segments.values():
            segment.file.close()
        self._segments.clear()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016x}{SUFFIX}"

    def _segment_with_room(self, size: int) -> int:
        newest = max(self._segments, default=None)
        if newest is not None:
            segment = self._segments[newest]
            if segment.end + size <= segment.size:
                return newest
        # Segments are named by their first frame, so that a name is never used twice.
        number = self._next_frame
        room = max(self._segment_size, size)
        self._segments[number] = _Segment(self._disk.create(self._path(number), room), room)
        return number

    def _recover_segment(self, name: str) -> Iterator[tuple[Place, bytes]]:
        path = self._folder / name
        number = int(name.removesuffix(SUFFIX), 16)
        try:
            octets = self._disk.read(path)
            file = self._disk.open(path)
        except OSError as error:
            log.error("journal: cannot read %s, left as it is: %s", path, error)
            self._next_frame = max(self._next_frame, number + 1)  # its name is taken
            return
        segment = self._segments[number] = _Segment(file, len(octets))
        self._next_frame = max(self._next_frame, number)
        for offset, size in self._frames(octets):
            segment.end = offset + size + _CRC.size
            segment.live += 1
            yield Place(number, offset, size), octets[offset : offset + size]
        if segment.live == 0 and self._next_frame > number:
            self.remove(number)

    def _frames(self, octets: bytes) -> Iterator[tuple[int, int]]:
        """Find the sound frames: offset and size of each payload."""
        at = 0
        while True:
            start = octets.find(_MAGIC, at)
            if start < 0:
                return
            size = self._sound_frame(octets, start)
            if size is None:
                at = start + 1
                continue
            passed = octets[at:start].strip(b"\0")
            if passed:
                self.damaged += start - at
            yield start + _HEAD.size, size
            at = start + size + OVERHEAD

    def _sound_frame(self, octets: bytes, start: int) -> int | None:
        if start + OVERHEAD > len(octets):
            return None
        _, size, frame = _HEAD.unpack_from(octets, start)
        end = start + size + OVERHEAD
        if not 0 < size <= len(octets) or end > len(octets) or frame < self._next_frame:
            return None
        if not _crc_holds(memoryview(octets)[start:end]):
            return None
        self._next_frame = frame + 1
        return int(size)


def _crc_holds(frame: bytes | memoryview) -> bool:
    (carried,) = _CRC.unpack_from(frame, len(frame) - _CRC.size)
    return bool(zlib.crc32(frame[: -_CRC.size]) == carried)


def _pages(offset: int, size: int) -> int:
    page = 4096
    return ((offset + size - 1) // page - offset // page + 1) * page
