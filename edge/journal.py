"""The journal: keeps every reading until the store says that it has it.

Readings enter memory that outlives the process (``edge.staging``), are sealed into blocks there,
and go to flash (``edge.flash``) when no receipt has come within the window; the alarm lane goes at
once. A power cut costs at most the window, and nothing of the alarm lane. Only a receipt removes a
block, or a full quota, which is told.

Nothing here waits for flash in the event loop: what may wait runs in one thread of the journal's
    own.
"""

import asyncio
import errno
import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cloud_sync.block import BlockId, Dating, Header, read_header, redate, seal
from cloud_sync.channels import ChannelTable
from cloud_sync.receipt import Receipt
from edge.backlog import Backlog, Entry
from edge.channel_file import ChannelFile
from edge.flash import Flash
from edge.segments import Place
from edge.staging import Staging
from hardware.clock import Clock
from hardware.quantity import Lane
from hardware.reading import Reading, Trust

T = TypeVar("T")

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between looks at what is to be sealed or written out
STAGE_LIMIT = 20_000  # readings; a fuller stage is sealed at once, far below a block's limit
DISK_RETRY = 10.0  # seconds between attempts while the disk takes nothing


@dataclass(frozen=True, slots=True)
class Settings:
    """How the journal keeps.

    Attributes:
        interval: seconds of the three lower lanes that are gathered into one block.
        window: seconds after which an unsettled block goes to flash; 0 writes through.
    """

    interval: float = 10.0
    window: float = 10.0


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the journal keeps: in memory and on flash, each with a copy of the channel table."""

    staging: Staging
    staged_table: ChannelFile
    flash: Flash
    flash_table: ChannelFile


class Journal:
    """One node's journal. ``run`` seals and writes out until cancelled.

    Attributes:
        on_shed: called with the number of readings of a lane that had to go without a receipt.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        clock: Clock,
        dating: Callable[[], Dating],
        settings: Settings,
    ) -> None:
        """Make a journal; nothing is read before ``open``.

        Args:
            storage: where to keep.
            clock: the time.
            dating: how this boot's readings are dated now; untrusted while nobody knows the date.
            settings: how to keep.
        """
        self._storage = storage
        self._clock = clock
        self._dating = dating
        self._settings = settings
        self.on_shed: Callable[[Lane, int], None] = lambda _lane, _readings: None
        self._worker = ThreadPoolExecutor(1, "journal")
        self._backlog = Backlog()
        self._watchers: list[Callable[[BlockId], None]] = []
        self._last_times: dict[int, int] = {}
        self._began: dict[Lane, float] = {}
        self._urgent = asyncio.Event()
        self._write_now = asyncio.Event()
        self._to_release: list[tuple[Lane, Place]] = []
        self._to_set_aside: list[tuple[BlockId, Entry, str]] = []
        self.table = ChannelTable()

    @property
    def epoch(self) -> bytes:
        """The epoch in which blocks are numbered now."""
        return self._storage.staging.epoch

    @property
    def waiting(self) -> int:
        """Readings that no receipt has settled, those not yet sealed included."""
        stages = self._storage.staging.stages.values()
        return self._backlog.readings + sum(len(stage.rows) for stage in stages)

    @property
    def window(self) -> float:
        """Seconds of the three lower lanes that a power cut may cost."""
        return max(self._settings.window, self._settings.interval)

    @property
    def flash_written(self) -> int:
        """Bytes written to flash since the start."""
        return self._storage.flash.written

    def open(self) -> None:
        """Take up what the last process, or the last boot, left; what is damaged is passed over."""
        staging, now = self._storage.staging, self._clock.monotonic()
        for kept in self._storage.flash.recover():
            self._backlog.add(kept.header.id, _entry(kept.header, now, kept.place))
        for block in staging.recover(self._clock.boot):
            if self._backlog.get(block) is not None:  # written out, but not yet removed here
                staging.remove(block)
            else:
                self._backlog.add(block, _entry(read_header(staging.read(block)), now, None))
        staged = self._storage.staged_table.load()
        self.table = staged if staged.rows else self._storage.flash_table.load()
        self._storage.staged_table.save(self.table)
        for lane, stage in staging.stages.items():
            self._began[lane] = now
            self._last_times |= {channel: time_us for channel, time_us, _ in stage.rows}
        if staging.stages[Lane.ALARM].rows:
            self._urgent.set()

    # Readings in --------------------------------------------------------------------------------

    def append(self, reading: Reading) -> None:
        """Keep a reading. It outlives the process when this returns; the rest follows."""
        known = len(self.table.rows)
        channel = self.table.number(reading.device, reading.measurement)
        if channel == known:
            self._storage.staged_table.save(self.table)
        # Two readings of one channel at one moment would be one point; a microsecond tells them
        # apart.
        time_us = max(reading.stamp.since_boot_us, self._last_times.get(channel, -1) + 1)
        self._last_times[channel] = time_us
        lane = reading.measurement.quantity.lane
        stages = self._storage.staging.stages
        if not stages[lane].rows:
            self._began[lane] = self._clock.monotonic()
        steps = self.table.rows[channel].steps(reading.measurement.value)
        self._storage.staging.append(lane, channel, time_us, steps)
        if lane is Lane.ALARM or len(stages[lane].rows) >= STAGE_LIMIT:
            self._urgent.set()

    async def run(self) -> None:
        """Seal and write out until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_sealing(), name="journal: seal")
            tasks.create_task(self._keep_writing(), name="journal: write")

    async def close(self) -> None:
        """Write everything out, as before a reboot, and close the files."""
        for lane in Lane:
            self._seal(lane)
        try:
            await self._write_out(everything=True)
        except OSError as error:
            log.error("journal: not everything could be written out: %s", error)
        await self._in_worker(self._storage.flash.close)
        self._storage.staging.close()
        self._worker.shutdown()

    async def _keep_sealing(self) -> None:
        while True:
            now = self._clock.monotonic()
            for lane, stage in self._storage.staging.stages.items():
                is_due = now - self._began[lane] >= self._settings.interval
                if stage.rows and (lane is Lane.ALARM or is_due or len(stage.rows) >= STAGE_LIMIT):
                    self._seal(lane)
            try:
                async with asyncio.timeout(TICK):
                    await self._urgent.wait()
            except TimeoutError:
                continue
            self._urgent.clear()

    def _seal(self, lane: Lane) -> None:
        stage = self._storage.staging.stages[lane]
        if not stage.rows:
            return
        block = BlockId(self.epoch, lane, stage.seq)
        octets = seal(block, table=self.table.name, dating=self._dating(), columns=stage.columns())
        self._storage.staging.seal(block, octets)
        entry = _entry(read_header(octets), self._clock.monotonic(), None)
        self._backlog.add(block, entry)
        if lane is Lane.ALARM or self._settings.window == 0:
            self._write_now.set()
        if entry.dating is not None:
            self._announce(block)

    # Blocks out: what the uplink needs ----------------------------------------------------------

    def watch(self, sealed: Callable[[BlockId], None]) -> None:
        """Call ``sealed`` for each block that from now on is ready to be sent."""
        self._watchers.append(sealed)

    def unsettled(self) -> list[BlockId]:
        """List the blocks that are ready to be sent, alarms first, then the oldest first."""
        return [block for block, entry in self._backlog.blocks() if entry.dating is not None]

    async def octets(self, block: BlockId) -> bytes | None:
        """Give a block's bytes, dated; None if it has been settled or shed, or cannot be read."""
        entry = self._backlog.get(block)
        if entry is None:
            return None
        octets = await self._read(block, entry)
        if octets is None:
            log.error("journal: %s cannot be read any more", block)
            self._lose(block, entry)
            return None
        return redate(octets, entry.dating) if entry.dated_later and entry.dating else octets

    def settle(self, receipt: Receipt) -> None:
        """Forget what the store has; keep aside what it refuses."""
        for block in self._backlog.settled_by(receipt):
            entry = self._backlog.remove(block)
            assert entry is not None
            reason = receipt.lanes[block.lane].refused.get(block.seq)
            if reason is not None:
                self._to_set_aside.append((block, entry, reason))
            else:
                self._release(block, entry)

    def date(self) -> None:
        """Date what was sealed undated, now that the date is known, and make it ready."""
        dating = self._dating()
        if dating.trust is Trust.NONE:
            return
        for block, entry in list(self._backlog.blocks()):
            if entry.dating is None and block.epoch == self.epoch:
                entry.dating, entry.dated_later = dating, True
                self._announce(block)

    def _announce(self, block: BlockId) -> None:
        for sealed in self._watchers:
            sealed(block)

    # Flash --------------------------------------------------------------------------------------

    async def _keep_writing(self) -> None:
        while True:
            try:
                await self._write_out(everything=False)
            except OSError as error:
                await self._clock.sleep(await self._disk_trouble(error))
            try:
                async with asyncio.timeout(TICK):
                    await self._write_now.wait()
            except TimeoutError:
                continue
            self._write_now.clear()

    async def _write_out(self, *, everything: bool) -> None:
        """Write what is due to flash, then make the room that settled and refused blocks leave."""
        due: dict[Lane, list[BlockId]] = defaultdict(list)
        before = self._clock.monotonic() - self._settings.window
        for block, entry in self._backlog.in_memory.items():
            if everything or block.lane is Lane.ALARM or entry.sealed_at <= before:
                due[block.lane].append(block)
        if due:
            await self._in_worker(self._storage.flash_table.save, self.table)
        for lane, blocks in due.items():
            octets = [self._storage.staging.read(block) for block in blocks]
            places = await self._in_worker(self._storage.flash.write, lane, octets)
            for block, place in zip(blocks, places, strict=True):
                if self._backlog.written(block, place):
                    self._storage.staging.remove(block)
                else:  # settled while it was being written
                    self._to_release.append((lane, place))
        await self._tidy()

    async def _tidy(self) -> None:
        while self._to_set_aside:
            block, entry, reason = self._to_set_aside[0]
            octets = await self._read(block, entry)
            if octets is not None:
                await self._in_worker(
                    self._storage.flash.set_aside, read_header(octets), octets, reason
                )
            self._to_set_aside.pop(0)
            self._release(block, entry)
        while self._to_release:
            await self._in_worker(self._storage.flash.release, *self._to_release.pop())
        while await self._shed(at_once=False):
            pass

    async def _disk_trouble(self, error: OSError) -> float:
        """Say it; where only room is missing, make some. Give the pause before trying again."""
        log.error("journal: cannot write to flash, readings stay in memory: %s", error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and await self._shed(at_once=True):
            return 0.0
        return DISK_RETRY

    async def _shed(self, *, at_once: bool) -> bool:
        shed = await self._in_worker(lambda: self._storage.flash.shed(at_once=at_once))
        if shed is None:
            return False
        gone = [
            (block, entry)
            for block, entry in self._backlog.blocks()
            if block.lane is shed.lane and entry.place and entry.place.segment == shed.segment
        ]
        for block, _ in gone:
            self._backlog.remove(block)
        readings = sum(entry.readings for _, entry in gone)
        log.error("journal: no room: %d readings of lane %s are shed", readings, shed.lane)
        self.on_shed(shed.lane, readings)
        return True

    async def _read(self, block: BlockId, entry: Entry) -> bytes | None:
        if entry.place is not None:
            return await self._in_worker(self._storage.flash.read, block.lane, entry.place)
        try:
            return self._storage.staging.read(block)
        except OSError:
            return None

    def _lose(self, block: BlockId, entry: Entry) -> None:
        self._backlog.remove(block)
        self._release(block, entry)
        self.on_shed(block.lane, entry.readings)

    def _release(self, block: BlockId, entry: Entry) -> None:
        if entry.place is None:
            self._storage.staging.remove(block)
        else:
            self._to_release.append((block.lane, entry.place))

    async def _in_worker(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)


def _entry(header: Header, now: float, place: Place | None) -> Entry:
    dating = header.dating if header.dating.trust is not Trust.NONE else None
    return Entry(header.readings, now, dating, place=place)
