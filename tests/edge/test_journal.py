import asyncio
import errno
import shutil
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from fakes import virtual

from cloud_sync.block import Dating, open_block
from cloud_sync.receipt import LaneReceipt, Receipt
from edge.channel_file import ChannelFile
from edge.disk import RealDisk, RealFile
from edge.flash import Flash
from edge.journal import Journal, Settings, Storage
from edge.staging import Staging
from hardware.quantity import QUANTITIES, Lane
from hardware.reading import Measurement, Reading, Stamp, Trust

KNOWN = Dating(1_780_000_000_000_000, Trust.NTP)


class Node:
    """A node's journal over real files, to be stopped and started in every way."""

    def __init__(
        self,
        folder,
        clock,
        *,
        dating=KNOWN,
        disk=None,
        quota=10_000_000,
        segment=64 * 1024,
        **settings,
    ):
        self.folder = folder
        self.clock = clock
        self.dating = dating
        self.disk = disk or RealDisk()
        self.quota = quota
        self.segment = segment
        self.settings = Settings(**settings)
        self.shed = []

    def journal(self):
        staging, flash = self.folder / "staging", self.folder / "flash"
        staging.mkdir(exist_ok=True)
        flash.mkdir(exist_ok=True)
        journal = Journal(
            Storage(
                Staging(staging, RealDisk()),
                ChannelFile(staging / "channels.json", RealDisk(), durable=False),
                Flash(flash, self.disk, quota=self.quota, segment_size=self.segment),
                ChannelFile(flash / "channels.json", self.disk, durable=True),
            ),
            clock=self.clock,
            dating=lambda: self.dating,
            settings=self.settings,
        )
        journal.on_shed = lambda lane, readings: self.shed.append((lane, readings))
        journal.open()
        return journal

    def power_cut(self):
        """What is in memory is gone, and the machine boots again."""
        shutil.rmtree(self.folder / "staging")
        self.clock.boot += "'"

    def reading(self, value=21.5, quantity="air_temperature", device="tag-1"):
        return Reading(
            device,
            Measurement(QUANTITIES[quantity], value, "", Decimal(1)),
            Stamp(self.clock.boot, self.clock.since_boot_us()),
        )


@asynccontextmanager
async def running(journal):
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(journal.run())
        yield journal
        task.cancel()


async def values(journal):
    """All values that are ready to be sent, in the order in which they would go."""
    found = []
    for block in journal.unsettled():
        opened = open_block(await journal.octets(block))
        for column in opened.columns:
            found += [journal.table.rows[column.channel].value(v) for v in column.values]
    return found


async def receipt_for(journal, *, refused=None):
    lanes = {}
    for block in journal.unsettled():
        upto = max(lanes.get(block.lane, LaneReceipt()).upto, block.seq + 1)
        lanes[block.lane] = LaneReceipt(upto, refused=refused or {})
    return Receipt(journal.epoch, lanes, now_us=0)


def flash_files(node):
    return list((node.folder / "flash").rglob("*.segment"))


def test_readings_are_gathered_into_one_block_for_each_interval(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock, interval=10.0)
        async with running(node.journal()) as journal:
            for number in range(30):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
            await clock.sleep(15)
            assert len(journal.unsettled()) == 3
            assert await values(journal) == [float(number) for number in range(30)]

    virtual.run(main)


def test_an_alarm_is_sealed_and_on_flash_at_once(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            await clock.sleep(0.5)
            journal.append(node.reading("unlocked", "lock_state"))
            await clock.sleep(0.001)
            assert await values(journal) == ["unlocked"]
            node.power_cut()
            after = node.journal()
            assert await values(after) == ["unlocked"]

    virtual.run(main)


def test_a_healthy_link_writes_nothing_to_flash(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock, interval=10.0, window=10.0)
        async with running(node.journal()) as journal:
            for number in range(600):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
                journal.settle(await receipt_for(journal))
            assert flash_files(node) == []
            assert journal.flash_written == 0

    virtual.run(main)


def test_without_receipts_a_power_cut_costs_at_most_the_window(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock, interval=10.0, window=10.0)
        async with running(node.journal()) as journal:
            for number in range(100):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
            window = journal.window + node.settings.interval
        node.power_cut()
        found = await values(node.journal())
        assert found == [float(number) for number in range(len(found))]
        assert len(found) >= 100 - window - 2

    virtual.run(main)


def test_the_death_of_the_process_costs_nothing(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            for number in range(25):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
            before = journal.epoch
        async with running(node.journal()) as journal:
            assert journal.epoch == before
            journal.append(node.reading(25.0))
            await clock.sleep(12)
            assert await values(journal) == [float(number) for number in range(26)]

    virtual.run(main)


def test_a_number_is_never_used_for_two_blocks(tmp_path):
    """Blocks that were receipted from memory leave no trace on flash; no boot may reuse them."""

    async def main(clock):
        node = Node(tmp_path, clock)
        used = set()
        for _ in range(3):
            async with running(node.journal()) as journal:
                for _ in range(3):
                    journal.append(node.reading())
                    await clock.sleep(12)
                    new = {(block.epoch, block.lane, block.seq) for block in journal.unsettled()}
                    assert not new & used
                    used |= new
                    journal.settle(await receipt_for(journal))
            node.power_cut()

    virtual.run(main)


def test_what_a_receipt_settles_is_gone_from_flash_too(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            for _ in range(60):
                journal.append(node.reading())
                journal.append(node.reading("open", "door"))
                await clock.sleep(1)
            await clock.sleep(30)
            assert flash_files(node)
            journal.settle(await receipt_for(journal))
            await clock.sleep(5)
            assert journal.waiting == 0
            assert flash_files(node) == []

    virtual.run(main)


def test_a_refused_block_is_kept_aside_with_its_reason_and_never_sent_again(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            journal.append(node.reading(1.0))
            await clock.sleep(12)
            (block,) = journal.unsettled()
            octets = await journal.octets(block)
            journal.settle(await receipt_for(journal, refused={0: "no such lane"}))
            await clock.sleep(2)
            assert journal.unsettled() == []
            aside = sorted((node.folder / "flash" / "refused").iterdir())
            assert [file.suffix for file in aside] == [".block", ".reason"]
            assert aside[0].read_bytes() == octets
            assert aside[1].read_text() == "no such lane"

    virtual.run(main)


def test_a_receipt_of_another_epoch_settles_nothing(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            journal.append(node.reading())
            await clock.sleep(12)
            journal.settle(Receipt(b"others", {Lane.ENVIRONMENT: LaneReceipt(99)}, now_us=0))
            assert len(journal.unsettled()) == 1

    virtual.run(main)


def test_undated_blocks_wait_for_the_date_and_then_go(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock, dating=Dating())
        async with running(node.journal()) as journal:
            sealed = []
            journal.watch(sealed.append)
            for number in range(40):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
            assert journal.unsettled() == []
            assert sealed == []
            node.dating = KNOWN
            journal.date()
            assert len(sealed) >= 3
            for block in journal.unsettled():
                assert open_block(await journal.octets(block)).header.dating == KNOWN

    virtual.run(main)


def test_two_readings_of_one_channel_at_one_moment_are_two_points(tmp_path):
    async def main(clock):
        node = Node(tmp_path, clock)
        async with running(node.journal()) as journal:
            for number in range(5):
                journal.append(node.reading(float(number)))
            await clock.sleep(12)
            (block,) = journal.unsettled()
            (column,) = open_block(await journal.octets(block)).columns
            assert len(set(column.times)) == 5

    virtual.run(main)


class FullDisk(RealDisk):
    """A disk that has no room while ``full`` says so."""

    full = False

    def create(self, path, size):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return super().create(path, size)


def test_a_full_disk_stops_nothing_and_loses_nothing_that_fits_into_memory(tmp_path):
    async def main(clock):
        disk = FullDisk()
        node = Node(tmp_path, clock, disk=disk)
        async with running(node.journal()) as journal:
            disk.full = True
            for number in range(120):
                journal.append(node.reading(float(number)))
                await clock.sleep(1)
            disk.full = False
            await clock.sleep(30)
            assert await values(journal) == [float(number) for number in range(120)]
            assert node.shed == []
            assert flash_files(node)

    virtual.run(main)


class DyingDisk(RealDisk):
    """A disk whose files can no longer be written."""

    def open(self, path):
        return DyingFile(super().open(path)._descriptor)


class DyingFile(RealFile):
    def write(self, _offset, _octets):
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("lane", [Lane.DIAGNOSTIC, Lane.ENVIRONMENT, Lane.COUNT])
def test_a_full_quota_sheds_the_least_precious_first_and_says_so(tmp_path, lane):
    quantities = {
        Lane.DIAGNOSTIC: "signal_strength",
        Lane.ENVIRONMENT: "air_temperature",
        Lane.COUNT: "people",
    }

    async def main(clock):
        node = Node(tmp_path, clock, quota=4 * 8192, segment=8192, interval=1.0, window=1.0)
        async with running(node.journal()) as journal:
            for second in range(2000):
                for device in range(20):
                    value = float(second * device * 7919 % 5003)
                    journal.append(node.reading(value, quantities[lane], f"device-{device}"))
                if second % 50 == 0:
                    journal.append(node.reading("open" if second % 100 else "closed", "door"))
                await clock.sleep(1)
            assert node.shed
            assert {shed for shed, _ in node.shed} == {lane}
            kept = await values(journal)
            assert kept.count("open") + kept.count("closed") == 40
            lost = sum(readings for _, readings in node.shed)
            assert lost + journal.waiting == 2000 * 20 + 40

    virtual.run(main)
