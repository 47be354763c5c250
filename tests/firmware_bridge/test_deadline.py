import asyncio

import pytest
from fakes.clock import FakeClock, settle

from firmware_bridge.deadline import within


def test_work_that_is_done_in_time_gives_its_result() -> None:
    async def run() -> str:
        clock = FakeClock()

        async def work() -> str:
            await clock.sleep(0.5)
            return "done"

        async with asyncio.TaskGroup() as group:
            task = group.create_task(within(clock, 1, work()))
            await clock.advance(0.6)
        return task.result()

    assert asyncio.run(run()) == "done"


def test_work_that_is_late_is_stopped_at_the_deadline_and_not_before() -> None:
    async def run() -> None:
        clock, stopped_at = FakeClock(), []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped_at.append(clock.monotonic())

        started = clock.monotonic()
        waiting = asyncio.get_running_loop().create_task(within(clock, 1, work()))
        await clock.advance(0.999)
        assert not waiting.done()
        await clock.advance(0.001)
        with pytest.raises(TimeoutError, match="within 1 s"):
            await waiting
        assert stopped_at == [started + 1]

    asyncio.run(run())


def test_the_error_of_the_work_comes_out_as_it_is() -> None:
    async def run() -> None:
        async def work() -> None:
            raise ConnectionError("gone")

        with pytest.raises(ConnectionError, match="gone"):
            await within(FakeClock(), 1, work())

    asyncio.run(run())


def test_cancelling_from_outside_stops_the_work() -> None:
    async def run() -> bool:
        stopped = asyncio.Event()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        waiting = asyncio.get_running_loop().create_task(within(FakeClock(), 1, work()))
        await settle()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return stopped.is_set()

    assert asyncio.run(run())
