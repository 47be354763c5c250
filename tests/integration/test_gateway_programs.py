"""Both programs as processes, on a real broker, with a node that speaks the real wire."""

import asyncio
import json
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cloud_sync.broker import find_mosquitto, run_broker
from cloud_sync.envelope import Verifier
from gateway.signing import signing_key
from hardware.command import Outcome
from hardware.place import Device, Name
from tests.gateway.databases import free_port
from tests.gateway.node import CLOCK, ScriptedNode

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
LOCK = Device("lock", "strike-relay", "hall", Name("錠", "lock"), ("unlock",), simulated=True)
STOP_WITHIN = 3.0  # seconds; what is promised
PATIENCE = 20.0  # seconds; more than anything takes, even on a loaded machine
OBEYS = [(Outcome.EXECUTING, ""), (Outcome.VERIFIED, "")]
HANGS = [(Outcome.EXECUTING, "")]

pytestmark = pytest.mark.skipif(
    find_mosquitto() is None, reason="needs mosquitto, which is not installed"
)

CONFIG = """
[http]
port = {http}
public_url = "{url}"

[broker]
url = "mqtt://127.0.0.1:{mqtt}"

[[site]]
id = "tokiwa"
ja = "ときわ公民館"
en = "Tokiwa"

[[site.space]]
id = "hall"
ja = "ホール"
en = "Hall"
kind = "hall"
bookable = true
"""


class Town:
    """A broker, and the programs that were started on it."""

    def __init__(self, folder, mqtt):
        self.folder = folder
        self.http = free_port()
        self.url = f"http://127.0.0.1:{self.http}"
        self.config = folder / "gateway.toml"
        self.config.write_text(CONFIG.format(http=self.http, url=self.url, mqtt=mqtt))
        self.processes = []

    async def run(self, *arguments, stdin=b""):
        process = await self._start(*arguments)
        out, err = await process.communicate(stdin)
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def start(self, program):
        process = await self._start(program)
        self.processes.append(process)
        return process

    async def _start(self, *arguments):
        return await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error::DeprecationWarning:gateway", "-m", "gateway",
            *arguments, "--config", self.config,
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    @asynccontextmanager
    async def client(self):
        """Wait until the service answers; give a browser with a token for everything."""
        scopes = [word for scope in ("read", "book", "door") for word in ("--scope", scope)]
        token = (await self.run("token", "add", "all", *scopes)).strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=PATIENCE
        ) as browser:
            await until(lambda: answers(browser, "/healthz", lambda body: body["broker"]))
            yield browser


@asynccontextmanager
async def town(folder):
    mqtt = free_port()
    async with run_broker(
        "127.0.0.1", mqtt, folder=folder / "broker", clock=CLOCK, mosquitto=find_mosquitto()
    ) as (address, _):
        made = Town(folder, mqtt)
        made.broker = address
        try:
            yield made
        finally:
            for process in made.processes:
                if process.returncode is None:
                    process.kill()
                await process.communicate()


def node(of, steps):
    key = signing_key(of.folder / "signing.pem")
    verifier = Verifier({"gateway": key.public_key()})
    return ScriptedNode(of.broker, "tokiwa", "pi", (LOCK,), verifier, steps=lambda _: steps)


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not await condition():
            await CLOCK.sleep(0.05)


async def answers(browser, path, holds):
    try:
        answer = await browser.get(path)
    except httpx.TransportError:
        return False
    return answer.headers["content-type"] == "application/json" and holds(answer.json())


async def stop(process, number=signal.SIGTERM):
    began = CLOCK.monotonic()
    process.send_signal(number)
    _, err = await process.communicate()
    return process.returncode, CLOCK.monotonic() - began, err.decode()


def door_is(state):
    def holds(body):
        door = body["spaces"][0]["door"]
        return door is not None and door["state"] == state

    return holds


def test_a_reading_shows_a_door_opens_and_both_programs_stop_in_time(tmp_path):
    async def scene():
        async with town(tmp_path) as of:
            ingest, serve = await of.start("ingest"), await of.start("serve")
            async with of.client() as browser, node(of, OBEYS).running() as pi:
                await pi.say("lock", "lock_state", "locked")
                status = "/api/v1/sites/tokiwa/status"
                await until(lambda: answers(browser, status, door_is("locked")))
                async with browser.stream("GET", "/api/v1/live") as live:
                    order = {"action": "unlock", "reason": "test"}
                    sent = await browser.post("/api/v1/doors/tokiwa.lock/commands", json=order)
                    assert sent.status_code == 202, sent.text
                    seen = await heard(live, sent.json()["id"])
                    assert seen["states"][-1] == "verified"
                    assert seen["door"] == "unlocked"
                    code, seconds, err = await stop(serve)
                assert (code, "Traceback" in err) == (0, False), err
                assert seconds < STOP_WITHIN
                code, seconds, err = await stop(ingest, signal.SIGINT)
                assert (code, "Traceback" in err) == (0, False), err
                assert seconds < STOP_WITHIN
                assert pi.receipts >= 2

    asyncio.run(scene())


async def heard(live, command):
    """Listen until the command has ended and the door is seen open."""
    states, name = [], None
    async with asyncio.timeout(PATIENCE):
        async for line in live.aiter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                body = json.loads(line.removeprefix("data: "))
                if name == "command" and body["id"] == command:
                    states.append(body["state"])
                elif name == "status" and states[-1:] == ["verified"] and door_is("unlocked")(body):
                    return {"states": states, "door": "unlocked"}
    raise AssertionError("the stream ended")


def test_what_a_killed_service_had_under_way_is_said_to_be_unknown(tmp_path):
    async def scene():
        async with town(tmp_path) as of:
            await of.start("ingest")
            serve = await of.start("serve")
            async with of.client() as browser, node(of, HANGS).running() as pi:
                await pi.say("lock", "lock_state", "locked")
                status = "/api/v1/sites/tokiwa/status"
                await until(lambda: answers(browser, status, door_is("locked")))
                order = {"action": "unlock", "reason": "test"}
                sent = await browser.post("/api/v1/doors/tokiwa.lock/commands", json=order)
                path = sent.headers["location"]
                moving = lambda body: body["state"] == "executing"  # noqa: E731
                await until(lambda: answers(browser, path, moving))
                serve.kill()
                await serve.communicate()
                await of.start("serve")
                await until(lambda: answers(browser, path, lambda body: body["ended"]))
                ended = (await browser.get(path)).json()
                assert ended["state"] == "failed"
                assert ended["steps"][-1]["detail"].startswith("the service was restarted")

    asyncio.run(scene())


def test_a_node_that_is_away_lets_the_command_expire(tmp_path):
    async def scene():
        async with town(tmp_path) as of:
            await of.start("ingest")
            await of.start("serve")
            async with of.client() as browser:
                async with node(of, OBEYS).running() as pi:
                    await pi.say("lock", "lock_state", "locked")
                    status = "/api/v1/sites/tokiwa/status"
                    await until(lambda: answers(browser, status, door_is("locked")))
                order = {"action": "unlock", "reason": "test"}
                sent = await browser.post("/api/v1/doors/tokiwa.lock/commands", json=order)
                path = sent.headers["location"]
                await until(lambda: answers(browser, path, lambda body: body["ended"]))
                ended = (await browser.get(path)).json()
                assert ended["state"] == "expired"
                assert "返事がありません" in ended["steps"][-1]["ja"]

    asyncio.run(scene())


def test_a_person_signs_in_with_the_account_that_the_operator_made(tmp_path):
    async def scene():
        async with town(tmp_path) as of:
            await of.run(
                "account", "add", "tanaka", "--role", "staff", "--site", "tokiwa",
                stdin=PASSWORD.encode() + b"\n",
            )  # fmt: skip
            await of.start("serve")
            async with of.client() as machine:
                assert machine is not None
            async with httpx.AsyncClient(base_url=of.url, headers={"Origin": of.url}) as browser:
                body = {"name": "tanaka", "password": PASSWORD}
                assert (await browser.post("/api/v1/session", json=body)).status_code == 201
                assert (await browser.get("/board/tokiwa")).status_code == 200

    asyncio.run(scene())


def test_a_second_service_on_the_same_port_says_so(tmp_path):
    async def scene():
        async with town(tmp_path) as of:
            await of.start("serve")
            async with of.client():
                second = await of._start("serve")
                _, err = await second.communicate()
                assert second.returncode == 1
                assert "cannot listen on 127.0.0.1" in err.decode()

    asyncio.run(scene())


def test_the_ingest_does_without_the_http_service():
    script = (
        "import sys, gateway.ingest, gateway.__main__; "
        "print([m for m in ('fastapi', 'starlette', 'sqlalchemy', 'argon2') if m in sys.modules])"
    )

    async def scene():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert out.decode().strip() == "[]"

    asyncio.run(scene())
