"""What the API says: its description, its errors, its shapes."""

from datetime import datetime, timedelta

import pytest

from gateway.access import Scope
from gateway.api.middleware import BODY
from tests.gateway import scenes
from tests.gateway.rig import play

DAY = "from=2026-11-24T00:00:00%2B09:00&to=2026-11-25T00:00:00%2B09:00"
CO2 = f"/api/v1/devices/tokiwa.air-hall/readings?quantity=co2&{DAY}"
NOON = scenes.AFTERNOON


def with_hall(tmp_path, check, *scopes, mood="fine"):
    """Play with a hall and a token that may do everything (or only some scopes)."""

    async def scene(rig, browser):
        scenes.hall(rig.store, rig.clock.now(), mood)
        browser.headers.update(rig.token("t", *(scopes or Scope)))
        await check(rig, browser)

    play(tmp_path, scene)


# The description ----------------------------------------------------------------------------------


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_is_described(tmp_path):
    async def check(_rig, browser):
        described = (await browser.get("/api/v1/openapi.json")).json()
        ids = [operation["operationId"] for _, operation in operations(described)]
        assert len(ids) == len(set(ids))
        for name, operation in operations(described):
            assert operation["summary"], name
            assert operation["tags"], name
            good = [code for code in operation["responses"] if code.startswith("2")]
            assert good, name
            if good != ["204"]:
                assert operation["responses"][good[0]]["content"], name
            if name == "GET /healthz":
                continue
            assert any(code.startswith("4") for code in operation["responses"]), name

    with_hall(tmp_path, check)


def test_every_error_is_described_as_a_problem(tmp_path):
    async def check(_rig, browser):
        described = (await browser.get("/api/v1/openapi.json")).json()
        for name, operation in operations(described):
            for code, answer in operation["responses"].items():
                if code.startswith(("4", "5")) and name != "GET /healthz":
                    (content,) = answer["content"].values()
                    assert list(answer["content"]) == ["application/problem+json"], (name, code)
                    assert "Problem" in str(content) or "TakenOut" in str(content), (name, code)
        assert "HTTPValidationError" not in str(described)

    with_hall(tmp_path, check)


# Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not-found"),
        ("GET", "/api/v1/sites/nowhere", None, 404, "not-found"),
        ("GET", "/api/v1/sites/tokiwa/spaces/hal", None, 404, "not-found"),
        ("GET", "/api/v1/devices/tokiwa.nothing", None, 404, "not-found"),
        ("GET", "/api/v1/devices/nothing", None, 404, "not-found"),
        ("GET", CO2.replace("co2", "love"), None, 404, "not-found"),
        ("PUT", "/api/v1/sites", None, 405, "method-not-allowed"),
        ("GET", "/api/v1/devices/tokiwa.air-hall/readings?quantity=co2", None, 422, "invalid"),
        ("GET", CO2.replace("%2B09:00", ""), None, 422, "invalid"),
        ("GET", CO2.replace("2026-11-25", "2026-12-25"), None, 422, "span"),
        ("GET", CO2.replace("2026-11-25", "2026-11-23"), None, 422, "span"),
        ("GET", f"{CO2}&step=10&to=2026-12-24T00:00:00Z", None, 422, "span"),
        ("GET", f"{CO2}&step=60&format=senml", None, 422, "format"),
        ("GET", f"/api/v1/bookings?site=tokiwa&{DAY}&cursor=x", None, 422, "cursor"),
        ("GET", f"/api/v1/bookings?site=tokiwa&{DAY}&limit=999", None, 422, "invalid"),
        ("POST", "/api/v1/bookings", {"site": "tokiwa"}, 422, "invalid"),
        ("POST", "/api/v1/doors/tokiwa.air-hall/commands",
         {"action": "unlock", "reason": "x"}, 409, "cannot"),
        ("POST", "/api/v1/doors/tokiwa.front-lock/commands",
         {"action": "lock", "reason": "x"}, 409, "cannot"),
        ("POST", "/api/v1/doors/tokiwa.front-lock/commands",
         {"action": "explode", "reason": "x"}, 422, "invalid"),
        ("POST", "/api/v1/doors/tokiwa.front-lock/commands",
         {"action": "unlock", "reason": ""}, 422, "invalid"),
    ],
)  # fmt: skip
def test_every_error_is_a_problem(tmp_path, method, path, body, status, code):
    async def check(_rig, browser):
        answer = await browser.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["type"] == f"urn:kyoten:problem:{code}"
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]

    with_hall(tmp_path, check)


def test_an_error_of_ours_tells_strangers_nothing(tmp_path, caplog):
    async def check(rig, browser):
        def broken():
            raise RuntimeError("secret path /etc/x")

        rig.store.nodes = broken
        answer = await browser.get("/api/v1/devices?site=tokiwa")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret" not in answer.text
        assert "Content-Security-Policy" in answer.headers

    with_hall(tmp_path, check)
    assert len([record for record in caplog.records if "secret" in caplog.text]) == 1


def test_a_store_that_is_away_is_a_problem_of_now(tmp_path):
    async def check(rig, browser):
        rig.store._reading.execute("ALTER TABLE node RENAME TO gone")
        answer = await browser.get("/api/v1/devices?site=tokiwa")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        health = await browser.get("/healthz")
        assert (health.status_code, health.json()["store"]) == (503, False)

    with_hall(tmp_path, check)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused(tmp_path, chunked):
    async def check(_rig, browser):
        async def chunks():
            for _ in range(5):
                yield b"x" * (BODY // 4)

        content = chunks() if chunked else b"x" * (BODY + 1)
        headers = {"Content-Type": "application/json"}
        answer = await browser.post("/api/v1/bookings", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

    with_hall(tmp_path, check)


# Status and readings ------------------------------------------------------------------------------


def test_a_fact_says_what_holds_or_which_nothing(tmp_path):
    async def check(_rig, browser):
        status = (await browser.get("/api/v1/sites/tokiwa/status")).json()
        assert status["timezone"] == "Asia/Tokyo"
        assert status["at"] == "2026-11-24T03:00:00+00:00"
        facts = {
            (fact["device"], fact["quantity"]): fact
            for space in status["spaces"]
            for fact in space["facts"]
        }
        co2 = facts["tokiwa.air-hall", "co2"]
        assert (co2["value"], co2["nothing"], co2["standing"]) == (None, "not_available", "current")
        silent = facts["tokiwa.radar-a", "presence"]
        assert (silent["value"], silent["nothing"]) == (None, "silent")
        people = facts["tokiwa.people-hall", "people"]
        assert (people["value"], people["unit"], people["trust"]) == (23.0, "count", "ntp")
        assert people["simulated"]
        assert people["age"] == 8.0

    with_hall(tmp_path, check, mood="unknown")


def test_an_old_value_is_never_the_value_of_now(tmp_path):
    async def check(rig, browser):
        rig.clock.advance(timedelta(days=3))
        status = (await browser.get("/api/v1/sites/tokiwa/status")).json()
        for space in status["spaces"]:
            assert space["occupancy"]["state"] == "unknown"
            for fact in space["facts"]:
                assert fact["value"] is None
                assert fact["last"] is not None

    with_hall(tmp_path, check)


def test_readings_come_as_they_were_with_their_kind_of_nothing(tmp_path):
    async def check(_rig, browser):
        answer = (await browser.get(CO2)).json()
        assert (answer["unit"], answer["timezone"]) == ("ppm", "Asia/Tokyo")
        assert [(one["value"], one["nothing"]) for one in answer["readings"]] == [
            (642.0, None),
            (None, "not_available"),
        ]

    with_hall(tmp_path, check, mood="unknown")


def test_readings_as_a_table_name_unit_zone_and_nothing(tmp_path):
    async def check(_rig, browser):
        answer = await browser.get(CO2, headers={"Accept": "text/csv"})
        head, first, second = answer.text.strip().split("\r\n")
        assert head == "at_utc,at_Asia/Tokyo,value,unit,nothing"
        assert first == "2026-11-24T02:59:00+00:00,2026-11-24T11:59:00+09:00,642.0,ppm,"
        assert second.endswith(",,ppm,not_available")
        assert 'filename="tokiwa.air-hall.co2.csv"' in answer.headers["content-disposition"]

    with_hall(tmp_path, check, mood="unknown")


def test_readings_as_senml_are_absolute_and_have_values(tmp_path):
    async def check(_rig, browser):
        answer = await browser.get(f"{CO2}&format=senml")
        assert answer.headers["content-type"] == "application/senml+json"
        moment = datetime.fromisoformat("2026-11-24T11:59:00+09:00").timestamp()
        assert answer.json() == [{"n": "tokiwa.air-hall.co2", "t": moment, "u": "ppm", "v": 642.0}]
        assert answer.json()[0]["t"] >= 2**28  # smaller ones would be relative to now
        states = await browser.get(
            f"/api/v1/devices/tokiwa.radar-b/readings?quantity=presence&{DAY}&format=senml"
        )
        assert states.json()[0].keys() == {"n", "t", "vs"}

    with_hall(tmp_path, check, mood="unknown")


def test_readings_in_steps_keep_what_is_missing(tmp_path):
    async def check(_rig, browser):
        (step,) = (await browser.get(f"{CO2}&step=3600")).json()["steps"]
        assert (step["count"], step["absent"], step["mean"]) == (1, 1, 642.0)
        assert (step["last"], step["nothing"]) == (None, "not_available")
        table = (await browser.get(f"{CO2}&step=3600&format=csv")).text
        assert table.splitlines()[1].endswith("1,1,642.0,642.0,642.0,,ppm,not_available")

    with_hall(tmp_path, check, mood="unknown")


def test_devices_tell_what_they_measure_and_what_they_can_do(tmp_path):
    async def check(_rig, browser):
        lock = (await browser.get("/api/v1/devices/tokiwa.front-lock")).json()
        assert (lock["actions"], lock["simulated"], lock["node"]) == (["unlock"], True, "hall-pi")
        assert {one["quantity"] for one in lock["series"]} == {"lock_state", "door"}
        listed = (await browser.get("/api/v1/devices?site=tokiwa")).json()
        assert len(listed) == len(scenes.HALL_DEVICES)

    with_hall(tmp_path, check)


# Health -------------------------------------------------------------------------------------------


def test_a_well_service_says_so_and_a_silent_ingest_is_noticed(tmp_path):
    async def check(rig, browser):
        well = await browser.get("/healthz")
        assert (well.status_code, well.json()["ok"]) == (200, True)
        rig.service.pulse.receipt_heard()
        rig.clock.advance(timedelta(minutes=10))
        silent = await browser.get("/healthz")
        assert (silent.status_code, silent.json()["ingest_age"]) == (503, 600.0)

    with_hall(tmp_path, check)


def test_what_is_counted_is_counted_by_route_not_by_id(tmp_path):
    async def check(_rig, browser):
        await browser.get("/api/v1/sites/tokiwa")
        await browser.get("/api/v1/sites/elsewhere")
        counted = (await browser.get("/metrics")).text
        line = (
            'kyoten_http_requests_total{method="GET",route="/api/v1/sites/{site}",status="404"} 1.0'
        )
        assert line in counted
        assert "elsewhere" not in counted

    with_hall(tmp_path, check)
