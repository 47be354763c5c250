"""The demo seen from outside: what a newcomer would try, over the API and with kill -9."""

import concurrent.futures
import os
import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from fakes.demo import Demo, until

SITES = ["hinata-hall", "kawane-station"]
DOOR = "hinata-hall.door-front"
PROGRAMS = [
    "broker",
    "world-hall-pi",
    "world-road-pi",
    "ingest",
    "service",
    "agent-hall-pi",
    "agent-road-pi",
]


def facts(client, site="hinata-hall"):
    status = client.get(f"/api/v1/sites/{site}/status").raise_for_status().json()
    return {
        (fact["device"].split(".")[1], fact["quantity"], fact["channel"]): fact
        for space in status["spaces"]
        for fact in space["facts"]
    }


def lock(client):
    return facts(client)["door-front", "lock_state", ""]["value"]


def unlock(client, **headers):
    order = {"action": "unlock", "reason": "鍵を忘れた"}
    answer = client.post(f"/api/v1/doors/{DOOR}/commands", json=order, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def ended(client, location):
    command = client.get(location).raise_for_status().json()
    return command if command["ended"] else None


def outcomes(command):
    return [step["outcome"] for step in command["steps"]]


@pytest.mark.parametrize("site", SITES)
def test_the_board_moves(client, site):
    before = until(lambda: busy(client, site))
    until(lambda: moved(before, facts(client, site)) > 5)


@pytest.mark.parametrize("site", SITES)
def test_every_device_is_heard_and_what_it_says_is_simulated(client, site):
    def unheard():
        devices = client.get("/api/v1/devices", params={"site": site}).raise_for_status().json()
        assert devices
        heard = {device for device, _, _ in facts(client, site)}
        return [each["id"] for each in devices if each["id"].split(".")[1] not in heard]

    until(lambda: not unheard())
    assert all(
        fact["simulated"]
        for (device, _, _), fact in facts(client, site).items()
        if not device.endswith("-pi")
    )


def test_no_program_has_stumbled(demo):
    for log in (demo.folder / "log").iterdir():
        assert "Traceback" not in log.read_text(), log.name


def test_the_bolt_moves_and_the_read_back_closes_the_command(client):
    until(lambda: lock(client) == "locked")
    location = unlock(client)

    command = until(lambda: ended(client, location))

    assert outcomes(command) == ["accepted", "executing", "verified"]
    until(lambda: lock(client) == "unlocked")
    until(lambda: lock(client) == "locked")


def test_a_bolt_that_jams_is_a_failure_and_not_a_hope(demo, client):
    until(lambda: lock(client) == "locked")
    demo.tell("hall", '{"device": "door-front", "jam": true}')
    try:
        location = unlock(client)
        command = until(lambda: ended(client, location))
    finally:
        demo.tell("hall", '{"device": "door-front", "jam": false}')

    assert outcomes(command)[-1] == "failed"
    assert lock(client) == "locked"


def test_a_command_for_a_frozen_agent_expires_and_is_refused_when_it_wakes(demo, client):
    until(lambda: lock(client) == "locked")
    agent = demo.pid("agent-hall-pi")
    os.kill(agent, signal.SIGSTOP)
    try:
        location = unlock(client)
        command = until(lambda: ended(client, location))
    finally:
        os.kill(agent, signal.SIGCONT)

    assert outcomes(command) == ["expired"]
    log = demo.folder / "log" / "agent-hall-pi.log"
    until(lambda: f"{command['id']} refused: it came" in log.read_text())
    assert lock(client) == "locked"


def test_forty_clerks_book_one_hour_and_one_gets_it(demo):
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)  # noqa: TID251
    wish = {
        "site": "hinata-hall",
        "space": "meeting",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=1)).isoformat(),
        "title": "囲碁の会",
    }
    clients = [demo.client() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(40) as clerks:
        answers = list(
            clerks.map(lambda n: clients[n % 8].post("/api/v1/bookings", json=wish), range(40))
        )
    for each in clients:
        each.close()

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 39
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_killed_program_comes_back_and_no_receipted_reading_is_lost(demo, client, program):
    before = {site: until(lambda site=site: busy(client, site)) for site in SITES}
    killed = demo.pid(program)
    held = stored(demo)

    os.kill(killed, signal.SIGKILL)
    until(lambda: demo.pid(program) != killed)

    with closing(demo.client()) as again:  # a service that was killed has kept its sessions, too
        for site in SITES:
            until(lambda site=site: moved(before[site], facts(again, site)) > 5)
            assert before[site].keys() <= facts(again, site).keys()
    assert held <= stored(demo)
    until(lambda: not gaps(demo))


def busy(client, site):
    """What is known of a site, once it is more than the first few words."""
    found = facts(client, site)
    return found if len(found) > 10 else None


def moved(before, after):
    return sum(fact["at"] > before[key]["at"] for key, fact in after.items() if key in before)


def stored(demo):
    """Every block that the store has, by its identity and its bytes."""
    with demo.store() as store:
        return set(store.execute("SELECT node, epoch, lane, seq, octets FROM block"))


def gaps(demo):
    """Lanes in which a number is missing: what was sent and is not stored yet, or is lost."""
    with demo.store() as store:
        return store.execute(
            "SELECT node, epoch, lane, max(seq) + 1, count(*) FROM block"
            " GROUP BY node, epoch, lane HAVING max(seq) + 1 <> count(*)"
        ).fetchall()


def test_ctrl_c_stops_everything_and_a_second_run_keeps_the_data(tmp_path):
    mine = Demo(tmp_path / "state")
    mine.start()
    with closing(mine.client()) as client:
        until(lambda: len(facts(client)) > 5)
    pids = [mine.pid(name) for name in PROGRAMS]
    held = stored(mine)
    assert mine.stop() == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    mine.start()
    try:
        assert held <= stored(mine)
        assert mine.said().count("Sign in") == 2
        with closing(mine.client()) as client:
            until(lambda: facts(client))
    finally:
        mine.stop()
