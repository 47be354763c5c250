"""Doors over HTTP: sent, followed, and never left open by a restart."""

import asyncio

from gateway.access import Scope
from gateway.api.sentences import sentence
from gateway.ledger.log import deeds
from hardware.command import Action, Outcome
from tests.gateway import scenes
from tests.gateway.rig import RigClock, a_moment, client, play, rig

DOOR = "/api/v1/doors/tokiwa.front-lock/commands"
ORDER = {"action": "unlock", "reason": "鍵を忘れた"}


async def ended(browser, location):
    while True:
        command = (await browser.get(location)).json()
        if command["ended"]:
            return command
        await a_moment()


def door_scene(tmp_path, check):
    async def scene(made, browser):
        scenes.hall(made.store, made.clock.now())
        browser.headers.update(made.token("t", *Scope))
        await check(made, browser)

    play(tmp_path, scene)


def test_a_command_is_followed_to_its_read_back(tmp_path):
    async def check(made, browser):
        sent = await browser.post(DOOR, json=ORDER)
        assert sent.status_code == 202
        assert sent.json()["state"] == "sent"
        command = await ended(browser, sent.headers["location"])
        assert [step["outcome"] for step in command["steps"]] == [
            "accepted", "executing", "verified",
        ]  # fmt: skip
        assert command["steps"][-1]["ja"] == "開錠を確認しました"
        ((node, carried),) = made.node.carried
        assert (node.site, node.node) == ("tokiwa", "hall-pi")
        assert (carried.device, carried.actor.name, carried.reason) == (
            "front-lock",
            "t",
            "鍵を忘れた",
        )
        assert (carried.not_after - carried.issued_at).total_seconds() == 10
        told = [deed for deed in deeds(made.ledger.database) if deed.subject == command["id"]]
        assert [deed.deed for deed in told] == ["command.send", "command.end"]
        assert {deed.actor.name for deed in told} == {"t"}

    door_scene(tmp_path, check)


def test_the_reason_of_an_end_is_said_in_both_languages(tmp_path):
    async def check(made, browser):
        made.node.steps = ((Outcome.REFUSED, "it came 3.2 s too late"),)
        sent = await browser.post(DOOR, json=ORDER)
        command = await ended(browser, sent.headers["location"])
        (step,) = command["steps"]
        assert command["state"] == "refused"
        assert "3.2 秒遅れて" in step["ja"]
        assert "3.2 s too late" in step["en"]

    door_scene(tmp_path, check)


def test_what_a_node_says_in_words_of_its_own_is_shown_as_it_came():
    says = sentence(Action.LOCK, Outcome.FAILED, "the bolt did not move")
    assert says.ja == "うまくいきませんでした (the bolt did not move)"
    assert says.en == "it did not work (the bolt did not move)"


def test_the_same_order_with_its_key_opens_once(tmp_path):
    async def check(made, browser):
        key = {"Idempotency-Key": "k1"}
        first = await browser.post(DOOR, json=ORDER, headers=key)
        await ended(browser, first.headers["location"])
        second = await browser.post(DOOR, json=ORDER, headers=key)
        assert (second.status_code, second.json()["id"]) == (202, first.json()["id"])
        assert len(made.node.carried) == 1
        other = await browser.post(DOOR, json=ORDER | {"reason": "x"}, headers=key)
        assert other.status_code == 422

    door_scene(tmp_path, check)


def test_a_command_that_cannot_be_kept_is_not_sent(tmp_path):
    async def check(made, browser):
        with made.ledger.database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE command_step")
            connection.exec_driver_sql("DROP TABLE command")
        answer = await browser.post(DOOR, json=ORDER)
        assert answer.status_code == 503
        assert made.node.carried == []

    door_scene(tmp_path, check)


def test_a_service_that_was_killed_says_that_it_does_not_know(tmp_path):
    async def begin():
        clock = RigClock(scenes.AFTERNOON)
        async with rig(tmp_path, clock) as made, client(made) as browser:
            scenes.hall(made.store, clock.now())
            token = made.token("t", *Scope)
            made.node.steps = ((Outcome.ACCEPTED, ""), (Outcome.EXECUTING, ""))
            sent = await browser.post(DOOR, json=ORDER, headers=token)
        async with rig(tmp_path, clock) as made, client(made) as browser:
            made.ledger.commands.end_unfinished(now=clock.now())
            command = (await browser.get(sent.headers["location"], headers=token)).json()
            assert command["state"] == "failed"
            assert command["ended"]
            assert "再起動" in command["steps"][-1]["ja"]

    asyncio.run(begin())
