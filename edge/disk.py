"""What the journal asks of a disk, and the real one.

The journal's promises rest on these few calls and on what each says about power cuts, so they
stand in one protocol that the tests' lying disks implement too.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class File(Protocol):
    """An open file of a fixed size."""

    def read(self, offset: int, size: int) -> bytes:
        """Read bytes; fewer where the file ends."""

    def write(self, offset: int, octets: bytes) -> None:
        """Write bytes. They survive the death of the process; a power cut after ``sync``."""

    def sync(self) -> None:
        """Make everything written so far survive a power cut."""

    def close(self) -> None:
        """Close the file."""


class Appender(Protocol):
    """A file that grows at its end, open."""

    def append(self, octets: bytes) -> None:
        """Append in one write, so that the death of the process cannot cut it."""

    def close(self) -> None:
        """Close the file."""


class Disk(Protocol):
    """A folder tree. Every call may raise OSError; then nothing is known to have been done."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it."""

    def list(self, folder: Path) -> list[str]:
        """List the names in a folder, sorted; empty where there is no such folder."""

    def create(self, path: Path, size: int) -> File:
        """Make a file of zeros with its space reserved; the file itself survives a power cut."""

    def open(self, path: Path) -> File:
        """Open an existing file."""

    def read(self, path: Path) -> bytes:
        """Read a whole file."""

    def replace(self, path: Path, octets: bytes, *, durable: bool) -> None:
        """Write a whole file in one step: afterwards it is there with all bytes, or as before.

        Durable: it survives a power cut when this returns.
        """

    def appender(self, path: Path) -> Appender:
        """Open a file for appending what need not survive a power cut."""

    def append_durably(self, path: Path, octets: bytes) -> None:
        """Append to a file; it survives a power cut when this returns."""

    def remove(self, path: Path) -> None:
        """Remove a file; no harm if it is gone. May return after a power cut."""

    def free(self, folder: Path) -> int:
        """Tell how many bytes an ordinary user may still write."""


class RealFile:
    """An open file of the operating system."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, offset: int, size: int) -> bytes:
        """Read bytes; fewer where the file ends."""
        return os.pread(self._descriptor, size, offset)

    def write(self, offset: int, octets: bytes) -> None:
        """Write all bytes."""
        view = memoryview(octets)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written

    def sync(self) -> None:
        """Flush data, and only the metadata that is needed to read it."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class RealAppender:
    """A file of the operating system, open for appending."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def append(self, octets: bytes) -> None:
        """Append in one write."""
        os.write(self._descriptor, octets)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class RealDisk:
    """The operating system's files."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it."""
        folder.mkdir(parents=True, exist_ok=True)

    def list(self, folder: Path) -> list[str]:
        """List the names in a folder, sorted."""
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names are what is wanted
        except FileNotFoundError:
            return []

    def create(self, path: Path, size: int) -> RealFile:
        """Make a file with its space reserved."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
            os.fsync(descriptor)
            _sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return RealFile(descriptor)

    def open(self, path: Path) -> RealFile:
        """Open an existing file."""
        return RealFile(os.open(path, os.O_RDWR | os.O_CLOEXEC))

    def read(self, path: Path) -> bytes:
        """Read a whole file."""
        return path.read_bytes()

    def replace(self, path: Path, octets: bytes, *, durable: bool) -> None:
        """Write beside, then rename over."""
        beside = path.with_name(path.name + ".new")
        with _written(beside, os.O_CREAT | os.O_TRUNC, octets) as descriptor:
            if durable:
                os.fsync(descriptor)
        beside.replace(path)
        if durable:
            _sync_folder(path.parent)

    def appender(self, path: Path) -> RealAppender:
        """Open a file for appending."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return RealAppender(os.open(path, flags, 0o600))

    def append_durably(self, path: Path, octets: bytes) -> None:
        """Append and flush."""
        is_new = not path.exists()
        with _written(path, os.O_CREAT | os.O_APPEND, octets) as descriptor:
            os.fsync(descriptor)
        if is_new:
            _sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink(missing_ok=True)

    def free(self, folder: Path) -> int:
        """Tell how many bytes an ordinary user may still write."""
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize


@contextmanager
def _written(path: Path, flags: int, octets: bytes) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
    try:
        view = memoryview(octets)
        while view:
            view = view[os.write(descriptor, view) :]
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
