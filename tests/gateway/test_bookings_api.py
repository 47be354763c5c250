"""Bookings over HTTP."""

from gateway.access import Scope
from gateway.ledger.log import deeds
from tests.gateway.rig import play

WISH = {
    "site": "tokiwa",
    "space": "hall",
    "starts_at": "2026-11-24T13:00:00+09:00",
    "ends_at": "2026-11-24T15:00:00+09:00",
    "title": "コーラス",
    "contact": "山田",
}
DAY = "from=2026-11-24T00:00:00%2B09:00&to=2026-11-25T00:00:00%2B09:00"


def booking_scene(tmp_path, check):
    async def scene(rig, browser):
        browser.headers.update(rig.token("t", Scope.READ, Scope.BOOK))
        await check(rig, browser)

    play(tmp_path, scene)


def test_a_booking_is_made_seen_and_cancelled(tmp_path):
    async def check(rig, browser):
        made = await browser.post("/api/v1/bookings", json=WISH)
        assert made.status_code == 201
        body = made.json()
        assert made.headers["location"] == f"/api/v1/bookings/{body['id']}"
        assert body["starts_at"] == "2026-11-24T04:00:00+00:00"
        assert body["parts"] == ["hall-a", "hall-b"]
        assert (await browser.get(made.headers["location"])).json() == body
        status = (await browser.get("/api/v1/sites/tokiwa/status")).json()
        spaces = {space["space"]["id"]: space for space in status["spaces"]}
        assert spaces["hall-a"]["next"]["title"] == "コーラス"
        assert spaces["kitchen"]["next"] is None
        cancelled = await browser.delete(made.headers["location"])
        assert cancelled.json()["state"] == "cancelled"
        again = await browser.delete(made.headers["location"])
        assert again.json()["cancelled_at"] == cancelled.json()["cancelled_at"]
        listed = (await browser.get(f"/api/v1/bookings?site=tokiwa&{DAY}")).json()
        assert listed["bookings"] == []
        log = [deed.deed for deed in deeds(rig.ledger.database)]
        assert log.count("booking.create") == log.count("booking.cancel") == 1

    booking_scene(tmp_path, check)


def test_a_double_booking_names_the_nearest_free_times(tmp_path):
    async def check(_rig, browser):
        await browser.post("/api/v1/bookings", json=WISH)
        refused = await browser.post("/api/v1/bookings", json=WISH | {"space": "hall-b"})
        assert refused.status_code == 409
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["alternatives"] == {
            "before": None,  # it is noon: two hours before 13:00 have begun
            "after": {"start": "2026-11-24T06:00:00+00:00", "end": "2026-11-24T08:00:00+00:00"},
        }
        tomorrow = {
            "starts_at": "2026-11-25T13:00:00+09:00",
            "ends_at": "2026-11-25T15:00:00+09:00",
        }
        await browser.post("/api/v1/bookings", json=WISH | tomorrow)
        refused = (await browser.post("/api/v1/bookings", json=WISH | tomorrow)).json()
        assert refused["alternatives"]["before"]["start"] == "2026-11-25T02:00:00+00:00"
        offered = refused["alternatives"]["after"]
        taken = await browser.post(
            "/api/v1/bookings",
            json=WISH | {"starts_at": offered["start"], "ends_at": offered["end"]},
        )
        assert taken.status_code == 201

    booking_scene(tmp_path, check)


def test_the_same_request_with_its_key_books_once(tmp_path):
    async def check(_rig, browser):
        key = {"Idempotency-Key": "k1"}
        first = await browser.post("/api/v1/bookings", json=WISH, headers=key)
        second = await browser.post("/api/v1/bookings", json=WISH, headers=key)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        other = await browser.post("/api/v1/bookings", json=WISH | {"title": "x"}, headers=key)
        assert (other.status_code, other.json()["type"]) == (422, "urn:kyoten:problem:key-reused")

    booking_scene(tmp_path, check)


def test_what_can_never_be_a_booking_is_refused_with_the_reason(tmp_path):
    async def check(_rig, browser):
        for change, says in (
            ({"space": "entrance"}, "not for booking"),
            ({"ends_at": "2026-11-24T13:00:00+09:00"}, "end before"),
            ({"ends_at": "2026-11-26T13:00:00+09:00"}, "longer than"),
            ({"starts_at": "2026-11-24T09:00:00+09:00", "ends_at": "2026-11-24T12:00:00+09:00"},
             "over already"),
            ({"starts_at": "2028-11-24T13:00:00+09:00", "ends_at": "2028-11-24T15:00:00+09:00"},
             "days away"),
            ({"starts_at": "2026-11-24T13:00:30+09:00"}, "whole minutes"),
        ):  # fmt: skip
            answer = await browser.post("/api/v1/bookings", json=WISH | change)
            assert answer.status_code == 422, answer.text
            assert says in answer.json()["detail"]
        for change in ({"starts_at": "2026-11-24T13:00:00"}, {"colour": "red"}, {"title": ""}):
            answer = await browser.post("/api/v1/bookings", json=WISH | change)
            assert answer.json()["type"] == "urn:kyoten:problem:invalid"
        nowhere = await browser.post("/api/v1/bookings", json=WISH | {"space": "hal"})
        assert nowhere.status_code == 404

    booking_scene(tmp_path, check)


def test_long_lists_come_in_pages(tmp_path):
    async def check(_rig, browser):
        for hour in (13, 14, 15, 16, 17):
            times = {
                "starts_at": f"2026-11-24T{hour}:00:00+09:00",
                "ends_at": f"2026-11-24T{hour + 1}:00:00+09:00",
            }
            await browser.post("/api/v1/bookings", json=WISH | times)
        url = f"/api/v1/bookings?site=tokiwa&{DAY}&limit=2"
        found, cursor = [], ""
        while cursor is not None:
            page = (await browser.get(f"{url}&cursor={cursor}" if cursor else url)).json()
            found += [booking["starts_at"] for booking in page["bookings"]]
            assert len(page["bookings"]) <= 2
            cursor = page["next"]
        assert len(found) == 5
        assert found == sorted(found)

    booking_scene(tmp_path, check)
