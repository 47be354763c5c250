"""Every route, and who gets through. A route that is missing here fails the test."""

import asyncio

import pytest
from fastapi.routing import APIRoute

from gateway.access import EVERY_SITE, Scope
from tests.gateway import scenes
from tests.gateway.rig import play

NOBODY, STAFF, READ, BOOK, DOOR = "nobody", "staff", "read", "book", "door"
PRINCIPALS = (NOBODY, STAFF, READ, BOOK, DOOR)

# What a door can do needs staff or a token for doors; everything else is below it.
EVERYBODY = {NOBODY, STAFF, READ, BOOK, DOOR}
READERS = {STAFF, READ}
BOOKERS = {STAFF, BOOK}
OPENERS = {STAFF, DOOR}
KNOWN = {STAFF, READ, BOOK, DOOR}
BROWSERS = {STAFF}  # a page leads everybody else to the sign-in page

DAY = "from=2026-11-24T00:00:00%2B09:00&to=2026-11-25T00:00:00%2B09:00"
WISH = {
    "site": "tokiwa",
    "space": "kitchen",
    "starts_at": "2026-11-24T13:00:00+09:00",
    "ends_at": "2026-11-24T14:00:00+09:00",
    "title": "料理",
}
TABLE = {
    ("GET", "/healthz"): (EVERYBODY, "/healthz", None),
    ("GET", "/metrics"): (READERS, "/metrics", None),
    ("GET", "/api/v1/openapi.json"): (EVERYBODY, "/api/v1/openapi.json", None),
    ("GET", "/api/v1/docs"): (EVERYBODY, "/api/v1/docs", None),
    ("GET", "/static"): (EVERYBODY, "/static/words.json", None),
    ("GET", "/"): (BROWSERS, "/", None),
    ("GET", "/sign-in"): (EVERYBODY, "/sign-in", None),
    ("GET", "/board/{site}"): (BROWSERS, "/board/tokiwa", None),
    ("POST", "/api/v1/session"): (set(), "/api/v1/session", {"name": "x", "password": "y"}),
    ("GET", "/api/v1/session"): (KNOWN, "/api/v1/session", None),
    ("DELETE", "/api/v1/session"): (KNOWN, "/api/v1/session", None),
    ("GET", "/api/v1/sites"): (READERS, "/api/v1/sites", None),
    ("GET", "/api/v1/sites/{site}"): (READERS, "/api/v1/sites/tokiwa", None),
    ("GET", "/api/v1/sites/{site}/spaces"): (READERS, "/api/v1/sites/tokiwa/spaces", None),
    ("GET", "/api/v1/sites/{site}/spaces/{space}"): (
        READERS, "/api/v1/sites/tokiwa/spaces/hall", None,
    ),
    ("GET", "/api/v1/sites/{site}/status"): (READERS, "/api/v1/sites/tokiwa/status", None),
    ("GET", "/api/v1/devices"): (READERS, "/api/v1/devices?site=tokiwa", None),
    ("GET", "/api/v1/devices/{device}"): (READERS, "/api/v1/devices/tokiwa.air-hall", None),
    ("GET", "/api/v1/devices/{device}/readings"): (
        READERS, f"/api/v1/devices/tokiwa.air-hall/readings?quantity=co2&{DAY}", None,
    ),
    ("GET", "/api/v1/live"): (READERS, "/api/v1/live", None),
    ("GET", "/api/v1/bookings"): (READERS, f"/api/v1/bookings?site=tokiwa&{DAY}", None),
    ("POST", "/api/v1/bookings"): (BOOKERS, "/api/v1/bookings", WISH),
    ("GET", "/api/v1/bookings/{booking}"): (READERS, "/api/v1/bookings/{booking}", None),
    ("DELETE", "/api/v1/bookings/{booking}"): (BOOKERS, "/api/v1/bookings/{booking}", None),
    ("POST", "/api/v1/doors/{door}/commands"): (
        OPENERS, "/api/v1/doors/tokiwa.front-lock/commands", {"action": "unlock", "reason": "r"},
    ),
    ("GET", "/api/v1/commands/{command}"): (OPENERS, "/api/v1/commands/{command}", None),
}  # fmt: skip


def routes_of(app):
    """List every (method, path) that the application answers, however it was added."""
    found = {("GET", "/api/v1/openapi.json"), ("GET", "/static")}
    for included in app.router.routes:
        inside = getattr(included, "effective_candidates", None)
        for candidate in [included] if inside is None else inside():
            route = getattr(candidate, "original_route", candidate)
            if isinstance(route, APIRoute):
                found |= {(method, route.path) for method in route.methods}
    return found


def named(path, ids):
    """Put the ids of what was made into a path."""
    for name, value in ids.items():
        path = path.replace(name, value)
    return path


def test_every_route_is_in_the_table(tmp_path):
    async def scene(rig, _browser):
        assert routes_of(rig.app) == set(TABLE)

    play(tmp_path, scene)


async def headers_of(rig, browser, who):
    if who == NOBODY:
        return {}
    if who == STAFF:
        await rig.signed_in(browser)
        return {}
    return rig.token(who, Scope(who))


@pytest.mark.parametrize("who", PRINCIPALS)
def test_whoever_may_gets_through_and_nobody_else(tmp_path, who):
    async def scene(rig, browser):
        scenes.hall(rig.store, rig.clock.now())
        everything = rig.token("all", *Scope)
        other = dict(WISH, space="washitsu")
        made = await browser.post("/api/v1/bookings", json=other, headers=everything)
        _, path, body = TABLE["POST", "/api/v1/doors/{door}/commands"]
        sent = await browser.post(path, json=body, headers=everything)
        ids = {"{booking}": made.json()["id"], "{command}": sent.json()["id"]}
        headers = await headers_of(rig, browser, who)
        # Signing out comes last.
        for (method, _), (allowed, template, body) in sorted(
            TABLE.items(), key=lambda row: row[0] == ("DELETE", "/api/v1/session")
        ):
            path = named(template, ids)
            if path == "/api/v1/live" and who in allowed:
                continue  # it never ends: tests/gateway/test_live.py listens
            answer = await browser.request(method, path, json=body, headers=headers)
            passed = answer.status_code < 300 or (
                path == "/" and "sign-in" not in answer.headers.get("location", "")
            )
            assert passed == (who in allowed), (who, method, path, answer.status_code)

    play(tmp_path, scene)


@pytest.mark.parametrize("kind", ["staff", "token"])
def test_the_site_of_others_does_not_exist(tmp_path, kind):
    async def scene(rig, browser):
        scenes.hall(rig.store, rig.clock.now())
        everything = rig.token("all", *Scope)
        made = await browser.post("/api/v1/bookings", json=WISH, headers=everything)
        _, path, body = TABLE["POST", "/api/v1/doors/{door}/commands"]
        sent = await browser.post(path, json=body, headers=everything)
        ids = {"{booking}": made.json()["id"], "{command}": sent.json()["id"]}
        mikuni = frozenset({"mikuni"})
        if kind == "staff":
            await rig.signed_in(browser, sites=mikuni)
            headers = {}
        else:
            headers = rig.token("other", *Scope, sites=mikuni)
        for (method, route), (_, template, body) in TABLE.items():
            of_a_site = "{" in route or "site=" in template or body is WISH
            if route.startswith("/api/v1/") and of_a_site:
                path = named(template, ids)
                answer = await browser.request(method, path, json=body, headers=headers)
                assert answer.status_code == 404, (method, path, answer.text)
        listed = await browser.get("/api/v1/sites", headers=headers)
        assert [site["id"] for site in listed.json()] == ["mikuni"]
        live = await browser.get("/api/v1/live?site=tokiwa", headers=headers)
        assert live.status_code == 404

    play(tmp_path, scene)


def test_names_are_only_for_those_who_may_see_them(tmp_path):
    async def scene(rig, browser):
        reader, booker = rig.token("r", Scope.READ), rig.token("b", Scope.READ, Scope.BOOK)
        made = (await browser.post("/api/v1/bookings", json=WISH, headers=booker)).json()
        for path in (
            f"/api/v1/bookings?site=tokiwa&{DAY}",
            f"/api/v1/bookings/{made['id']}",
            "/api/v1/sites/tokiwa/status",
        ):
            assert "料理" in (await browser.get(path, headers=booker)).text
            assert "料理" not in (await browser.get(path, headers=reader)).text

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Origin": "http://127.0.0.1:8080"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({}, False),
    ],
)
def test_a_cookie_counts_only_from_our_own_pages(tmp_path, headers, passes):
    async def scene(rig, browser):
        await rig.signed_in(browser)
        del browser.headers["Origin"]
        booked = await browser.post("/api/v1/bookings", json=WISH, headers=headers)
        assert booked.status_code == (201 if passes else 403)
        rig.account("suzuki")
        credentials = {"name": "suzuki", "password": "correct horse battery"}
        signed_in = await browser.post("/api/v1/session", json=credentials, headers=headers)
        assert signed_in.status_code == (201 if passes else 403)

    play(tmp_path, scene)


def test_a_token_needs_no_page(tmp_path):
    async def scene(rig, browser):
        token = rig.token("m", Scope.BOOK)
        answer = await browser.post(
            "/api/v1/bookings", json=WISH, headers={**token, "Origin": "http://evil.example"}
        )
        assert answer.status_code == 201

    play(tmp_path, scene)


def test_a_wrong_token_is_not_replaced_by_a_cookie(tmp_path):
    async def scene(rig, browser):
        await rig.signed_in(browser)
        answer = await browser.get("/api/v1/sites", headers={"Authorization": "Bearer nonsense"})
        assert answer.status_code == 401

    play(tmp_path, scene)


def test_the_cookie_is_kept_from_scripts_and_other_sites(tmp_path):
    async def scene(rig, browser):
        rig.account()
        body = {"name": "tanaka", "password": "correct horse battery"}
        answer = await browser.post(
            "/api/v1/session", json=body, headers={"Origin": "http://127.0.0.1:8080"}
        )
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "secure" not in cookie  # the rig is not on https

    play(tmp_path, scene)


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(tmp_path):
    from tests.gateway.rig import RigClock, client, rig

    async def begin():
        clock = RigClock(scenes.AFTERNOON)
        async with (
            rig(tmp_path, clock, url="https://tokiwa.example") as made,
            client(made) as browser,
        ):
            await made.signed_in(browser)
            (name,) = browser.cookies.keys()
            assert name.startswith("__Host-")
            answer = await browser.get("/api/v1/session")
            assert answer.status_code == 200
            assert "strict-transport-security" in answer.headers

    asyncio.run(begin())


def test_signed_out_is_signed_out_everywhere(tmp_path):
    async def scene(rig, browser):
        await rig.signed_in(browser)
        cookies = dict(browser.cookies)
        assert (await browser.delete("/api/v1/session")).status_code == 204
        browser.cookies.update(cookies)
        assert (await browser.get("/api/v1/session")).status_code == 401

    play(tmp_path, scene)


def test_every_site_is_the_star():
    assert {"*"} == EVERY_SITE
