"""Passwords: hashed, never too short, and not to be guessed at speed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.passwords import (
    FORGET_AFTER,
    FREE_TRIES,
    LAST_DELAY,
    REMEMBERED,
    Passwords,
    Throttle,
)
from hardware.errors import ConfigError
from tests.gateway.rig import ORIGIN, play

PASSWORD = "correct horse battery"


class Seconds:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_password_holds_for_its_own_hash_and_for_no_other():
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.holds(kept, PASSWORD)
    assert not passwords.holds(kept, PASSWORD + "x")
    assert not passwords.holds("not a hash", PASSWORD)


def test_an_account_that_does_not_exist_costs_the_same_hash():
    passwords = Passwords()
    asked = []

    class Counting:
        def verify(self, kept, password):
            asked.append((kept, password))

    passwords._hasher = Counting()
    assert not passwords.holds(None, "anything at all")
    assert asked == [(passwords._nobodys, "anything at all")]


@pytest.mark.parametrize("password", ["", "too short", "x" * 1001])
def test_a_new_password_has_a_sensible_length(password):
    with pytest.raises(ConfigError, match="10 to 1000"):
        Passwords().hash(password)


def test_each_wrong_password_doubles_the_wait_and_a_right_one_ends_it():
    clock = Seconds()
    throttle = Throttle(clock)
    waits = []
    for _ in range(14):
        throttle.failed("tanaka", "a")
        waits.append(throttle.wait("tanaka", "a"))
    assert waits[: FREE_TRIES + 3] == [0, 0, 2, 4, 8, 16]
    assert waits[-1] == LAST_DELAY
    assert throttle.wait("tanaka", "elsewhere") == 0
    throttle.succeeded("tanaka", "a")
    assert throttle.wait("tanaka", "a") == 0


def test_after_an_hour_it_is_forgotten():
    clock = Seconds()
    throttle = Throttle(clock)
    for _ in range(9):
        throttle.failed("tanaka", "a")
    clock.now += FORGET_AFTER + 1
    assert throttle.wait("tanaka", "a") == 0
    throttle.failed("tanaka", "a")
    assert throttle.wait("tanaka", "a") == 0


def test_what_is_remembered_is_bounded():
    throttle = Throttle(Seconds())
    for number in range(REMEMBERED + 50):
        throttle.failed(f"name-{number}", "a")
    assert len(throttle._failures) == REMEMBERED


@given(st.lists(st.floats(0, 400), max_size=40))
def test_the_wait_is_never_negative_and_has_a_ceiling(pauses):
    clock = Seconds()
    throttle = Throttle(clock)
    for pause in pauses:
        throttle.failed("a", "b")
        clock.now += pause
        assert 0 <= throttle.wait("a", "b") <= LAST_DELAY


def test_whoever_guesses_is_told_to_wait_and_the_right_password_does_not_help(tmp_path):
    async def scene(rig, browser):
        rig.account()
        browser.headers["Origin"] = ORIGIN

        async def tries(password):
            body = {"name": "tanaka", "password": password}
            return await browser.post("/api/v1/session", json=body)

        for _ in range(FREE_TRIES):
            assert (await tries("wrong")).status_code == 401
        refused = await tries(PASSWORD)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        rig.clock.advance(timedelta(seconds=3))
        assert (await tries(PASSWORD)).status_code == 201

    play(tmp_path, scene)


def test_an_unknown_name_is_answered_like_a_wrong_password(tmp_path):
    async def scene(rig, browser):
        rig.account()
        browser.headers["Origin"] = ORIGIN
        answers = [
            await browser.post("/api/v1/session", json={"name": name, "password": "wrong"})
            for name in ("tanaka", "nobody")
        ]
        assert answers[0].json() == answers[1].json()

    play(tmp_path, scene)
