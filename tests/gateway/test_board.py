"""The board: what is new shows soon, and what nobody speaks of grows old in time."""

import asyncio
import json

from gateway import board as boards
from gateway.access import EVERY_SITE, staff
from tests.gateway import scenes
from tests.gateway.rig import RigClock, rig

STAFF = staff("tanaka", EVERY_SITE)


class JumpingClock(RigClock):
    """Waits for nothing: each wait moves the clock by a refresh."""

    async def sleep(self, seconds):
        self.advance(scenes.MINUTE)
        await super().sleep(min(seconds, 0.001))


def test_a_quiet_site_is_renewed_beside_a_busy_one(tmp_path):
    async def begin():
        async with rig(tmp_path, JumpingClock(scenes.AFTERNOON)) as made:
            seen = []

            def publish(event, *, keep):
                assert keep
                seen.append(event.site)

            made.service.live.publish = publish
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(made.service.board.run())
                while seen.count("mikuni") < 3:
                    made.service.board.touch("tokiwa")
                    await made.clock._real.sleep(0.001)
                running.cancel()
            assert "tokiwa" in seen

    asyncio.run(begin())


def test_what_was_written_before_a_question_is_in_its_answer(tmp_path):
    async def begin():
        async with rig(tmp_path, RigClock(scenes.AFTERNOON)) as made:
            board = made.service.board
            before = json.loads((await board.status("tokiwa")).body_for(STAFF))
            assert before["spaces"][0]["facts"] == []
            scenes.hall(made.store, made.clock.now())
            board.touch("tokiwa")
            after = json.loads((await board.status("tokiwa")).body_for(STAFF))
            assert any(space["facts"] for space in after["spaces"])

    asyncio.run(begin())


def test_a_store_that_is_away_does_not_stop_the_board(tmp_path, caplog):
    async def begin():
        async with rig(tmp_path, JumpingClock(scenes.AFTERNOON)) as made:
            made.store._reading.execute("ALTER TABLE latest RENAME TO gone")
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(made.service.board.run())
                while made.service.board.computed < 4:
                    made.service.board.touch("tokiwa")
                    await made.clock._real.sleep(0.001)
                assert not running.done()
                running.cancel()

    asyncio.run(begin())
    assert "no status now" in caplog.text
    assert boards.COALESCE < boards.REFRESH


def test_devices_without_a_place_are_not_lost(tmp_path):
    async def begin():
        async with rig(tmp_path, RigClock(scenes.AFTERNOON)) as made:
            feed = scenes.Feed(made.store, "tokiwa", "pi")
            feed.device(scenes.device("x", "mh-z19b", "attic", "屋根裏", "attic"))
            feed.say("x", "co2", (made.clock.now(), 500.0))
            feed.say("stranger", "co2", (made.clock.now(), 600.0))
            status = json.loads((await made.service.board.status("tokiwa")).body_for(STAFF))
            assert {fact["device"] for fact in status["unplaced"]} == {
                "tokiwa.x",
                "tokiwa.stranger",
            }

    asyncio.run(begin())
