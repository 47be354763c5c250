import json
from datetime import timedelta

import pytest
from fakes import virtual
from fakes.waiting import running

from cloud_sync.block import Dating
from edge.disk import RealDisk
from edge.memory import DriverMemory
from edge.seen import SeenCommands
from edge.timekeeper import TimeKeeper
from hardware.clock import to_unix_us
from hardware.command import Action, Actor, ActorKind, Command
from hardware.reading import Trust


def test_a_node_that_nobody_told_the_time_does_not_guess():
    async def main(clock):
        keeper = TimeKeeper(clock, synchronised=lambda: False)
        assert keeper.dating() == Dating()
        assert keeper.now() is None

    virtual.run(main)


def test_the_service_s_time_is_taken_and_kept_through_the_link_s_jitter():
    async def main(clock):
        keeper = TimeKeeper(clock, synchronised=lambda: False)
        await clock.sleep(100)
        truth = to_unix_us(clock.now()) + 3600 * 1_000_000
        keeper.hear_service(truth)
        first = keeper.dating()
        assert first.trust is Trust.SERVICE
        assert to_unix_us(keeper.now()) == truth
        await clock.sleep(10)
        keeper.hear_service(truth + 10_000_000 - 200_000)
        assert keeper.dating() == first
        keeper.hear_service(truth + 10_000_000 + 2_000_000)
        assert keeper.dating().anchor_us == first.anchor_us + 2_000_000

    virtual.run(main)


def test_a_disciplined_clock_outranks_the_service():
    async def main(clock):
        synchronised = False
        keeper = TimeKeeper(clock, synchronised=lambda: synchronised)
        keeper.hear_service(to_unix_us(clock.now()) - 5_000_000)
        synchronised = True
        assert keeper.dating().trust is Trust.NTP
        assert keeper.now() == clock.now()

    virtual.run(main)


class Totals:
    def __init__(self, **memory):
        self.memory = memory


def remembered(tmp_path, clock):
    memory = DriverMemory(tmp_path / "staged.json", tmp_path / "kept.json", RealDisk(), clock)
    memory.open()
    return memory


def test_a_total_is_known_again_after_the_process_died(tmp_path):
    async def main(clock):
        memory, rain = remembered(tmp_path, clock), Totals(bucket=41)
        memory.follow("rain", lambda: rain.memory)
        async with running(memory.run()):
            rain.memory = {"bucket": 42}
            await clock.sleep(2)
        assert remembered(tmp_path, clock).of("rain") == {"bucket": 42}

    virtual.run(main)


def test_a_total_is_on_flash_now_and_then_and_at_a_clean_stop(tmp_path):
    async def main(clock):
        memory, rain = remembered(tmp_path, clock), Totals(bucket=41)
        memory.follow("rain", lambda: rain.memory)
        memory.close()
        assert json.loads((tmp_path / "kept.json").read_text()) == {"rain": {"bucket": 41}}

    virtual.run(main)


def test_the_larger_of_two_copies_is_the_newer_and_a_damaged_one_is_passed_over(tmp_path, caplog):
    async def main(clock):
        (tmp_path / "staged.json").write_text('{"rain": {"bucket": 7}}')
        (tmp_path / "kept.json").write_text('{"rain": {"bucket": 9}, "fog": {"count": 1}}')
        assert remembered(tmp_path, clock).of("rain") == {"bucket": 9}
        (tmp_path / "kept.json").write_text('{"rain": {"buck')
        memory = remembered(tmp_path, clock)
        assert memory.of("rain") == {"bucket": 7}
        assert memory.of("fog") == {}
        assert "kept.json" in caplog.text

    virtual.run(main)


def command(clock, name="id-1"):
    now = clock.now()
    actor = Actor(ActorKind.STAFF, "tanaka")
    return Command(name, "door", Action.UNLOCK, now, now + timedelta(seconds=10), actor)


def test_a_command_is_accepted_once_even_after_a_restart(tmp_path):
    async def main(clock):
        def seen():
            opened = SeenCommands(tmp_path / "seen.json", RealDisk(), clock.now)
            opened.open()
            return opened

        first = seen()
        assert first.remember(command(clock))
        assert not first.remember(command(clock))
        assert not seen().remember(command(clock))
        assert seen().remember(command(clock, "id-2"))

    virtual.run(main)


def test_remembered_commands_do_not_pile_up(tmp_path):
    async def main(clock):
        seen = SeenCommands(tmp_path / "seen.json", RealDisk(), clock.now)
        for number in range(100):
            seen.remember(command(clock, f"id-{number}"))
            await clock.sleep(600)
        assert len(json.loads((tmp_path / "seen.json").read_text())) < 10

    virtual.run(main)


def test_a_command_that_cannot_be_remembered_is_not_accepted(tmp_path):
    async def main(clock):
        seen = SeenCommands(tmp_path / "no such folder" / "seen.json", RealDisk(), clock.now)
        with pytest.raises(OSError, match="no such folder"):
            seen.remember(command(clock))

    virtual.run(main)
