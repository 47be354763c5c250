"""Live updates: the newest wins, nobody holds up anybody else, and streams end."""

import asyncio
import json

import httpx
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import EVERY_SITE, Scope, machine, staff
from gateway.live import LISTENERS, WAITING, Event, Live
from tests.gateway import scenes
from tests.gateway.rig import RunningClock, play, serving

STAFF = staff("tanaka", EVERY_SITE)
READER = machine("reader", frozenset({Scope.READ}), frozenset({"tokiwa"}))


def event(topic="status tokiwa", body=b"1", site="tokiwa", scope=Scope.READ):
    return Event(topic, "status", site, [(scope, body)])


def heard(listener):
    return list(listener._waiting.values())


def test_the_newest_of_a_topic_replaces_what_was_waiting():
    live = Live()
    with live.listen(STAFF) as listener:
        for number in range(1000):
            live.publish(event(body=b"%d" % number))
        live.publish(event("command c", b"x"))
        assert heard(listener) == [
            b"event: status\ndata: 999\n\n",
            b"event: status\ndata: x\n\n",
        ]


@given(st.lists(st.integers(0, 300), max_size=400))
def test_however_slow_a_listener_is_its_queue_is_bounded_and_holds_the_latest(topics):
    live = Live()
    with live.listen(STAFF) as listener:
        for number, topic in enumerate(topics):
            live.publish(event(f"t{topic}", b"%d" % number))
        assert len(listener._waiting) <= WAITING
        if topics:
            assert heard(listener)[-1] == b"event: status\ndata: %d\n\n" % (len(topics) - 1)


def test_a_newcomer_hears_the_kept_ones_at_once():
    live = Live()
    live.publish(event(body=b"old"), keep=True)
    live.publish(event("command c", b"gone"))
    live.publish(event(body=b"new"), keep=True)
    with live.listen(STAFF) as listener:
        assert heard(listener) == [b"event: status\ndata: new\n\n"]


def test_everybody_hears_what_they_may_and_nothing_else():
    live = Live()
    both = Event("t", "status", "tokiwa", [(Scope.BOOK, b"names"), (Scope.READ, b"plain")])
    with live.listen(STAFF) as clerk, live.listen(READER) as reader:
        live.publish(both)
        live.publish(event("u", site="mikuni"))
        live.publish(event("v", scope=Scope.DOOR))
        assert [b"names" in octets for octets in heard(clerk)] == [True, False, False]
        assert heard(reader) == [b"event: status\ndata: plain\n\n"]


def test_a_listener_may_ask_for_some_sites_only():
    live = Live()
    with live.listen(STAFF, frozenset({"mikuni"})) as listener:
        live.publish(event())
        live.publish(event("status mikuni", site="mikuni"))
        assert len(heard(listener)) == 1


def test_when_too_many_listen_newcomers_are_told_so(tmp_path):
    async def scene(rig, browser):
        rig.service.live._listeners = set(range(LISTENERS))
        answer = await browser.get("/api/v1/live", headers=rig.token("t", Scope.READ))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")

    play(tmp_path, scene)


def test_whoever_leaves_is_forgotten():
    live = Live()
    with live.listen(STAFF):
        assert live.listeners == 1
    assert live.listeners == 0


def test_closing_ends_every_stream_after_what_is_waiting():
    async def scene():
        live = Live()
        with live.listen(STAFF) as listener:
            live.publish(event(body=b"last"))
            live.close()
            got = [octets async for octets in listener.stream()]
        assert got[0].startswith(b"retry:")
        with live.listen(STAFF) as late:
            assert [octets async for octets in late.stream()] == [b"retry: 1000\n\n"]

    asyncio.run(scene())


async def events(stream):
    name = None
    async for line in stream.aiter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data: "))


def test_over_http_a_booking_shows_within_moments(tmp_path):
    async def scene():
        async with serving(tmp_path, RunningClock(scenes.AFTERNOON)) as made:
            scenes.hall(made.store, made.clock.now())
            made.service.board.touch("tokiwa")
            token = made.token("t", *Scope)
            async with (
                httpx.AsyncClient(base_url=made.url, headers=token) as browser,
                browser.stream("GET", "/api/v1/live?site=tokiwa") as stream,
            ):
                assert stream.headers["content-type"].startswith("text/event-stream")
                wish = {
                    "site": "tokiwa", "space": "kitchen", "title": "料理",
                    "starts_at": "2026-11-24T19:00:00+09:00",
                    "ends_at": "2026-11-24T20:00:00+09:00",
                }  # fmt: skip
                assert (await browser.post("/api/v1/bookings", json=wish)).status_code == 201
                order = {"action": "unlock", "reason": "x"}
                await browser.post("/api/v1/doors/tokiwa.front-lock/commands", json=order)
                async with asyncio.timeout(10):
                    wanted = {"booking", "verified"}
                    async for name, body in events(stream):
                        if name == "command" and body["state"] == "verified":
                            wanted.discard("verified")
                        if name == "status" and any(
                            (space["next"] or {}).get("title") == "料理" for space in body["spaces"]
                        ):
                            wanted.discard("booking")
                        if not wanted:
                            break

    asyncio.run(scene())


def test_many_messages_and_listeners_cost_few_looks_at_the_store(tmp_path):
    async def scene():
        async with serving(tmp_path, RunningClock(scenes.AFTERNOON)) as made:
            board, live = made.service.board, made.service.live
            scenes.hall(made.store, made.clock.now())
            got = asyncio.Event()
            with live.listen(STAFF) as first:
                first._woken = got
                await got.wait()
                before = board.computed
                for _ in range(500):
                    board.touch("tokiwa")
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(500):
                        tasks.create_task(board.status("tokiwa"))
                got.clear()
                await got.wait()
            assert board.computed - before <= 4

    asyncio.run(scene())
