"""The pages' files: every word is there, and nothing comes from elsewhere."""

import json
import re
from pathlib import Path

import pytest

import gateway.web
from gateway.web.words import load_words
from tests.gateway.rig import play

WEB = Path(gateway.web.__file__).parent
FILES = sorted((WEB / "static").glob("*.js")) + sorted((WEB / "templates").glob("*.html"))
WORDS = json.loads((WEB / "static" / "words.json").read_text(encoding="utf-8"))
# Keys that are put together in the code from a beginning and a state.
FAMILIES = ("severity.", "air.", "door.", "door.contact.", "nothing.", "standing.", "state.",
            "why.", "reason.", "slot.", "channel.")  # fmt: skip


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_word_has_both_languages_and_is_used(key):
    ja, en = WORDS[key]
    assert ja
    assert en
    code = "".join(file.read_text(encoding="utf-8") for file in FILES)
    assert f'"{key}"' in code or key.startswith(FAMILIES), f"{key} is used nowhere"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_word_that_is_used_is_there(file):
    text = file.read_text(encoding="utf-8")
    for key in re.findall(r'\b(?:t|ja|plain|word)\("([a-z_.0-9]+)"\)', text):
        assert key in WORDS, key


@pytest.mark.parametrize(
    "file", [*FILES, *(WEB / "static").glob("*.css")], ids=lambda file: file.name
)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "innerHTML" not in text
    if file.suffix == ".html":
        assert "style=" not in text
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\son[a-z]+=", text)


def test_words_are_escaped_on_pages():
    words = load_words()
    words.entries["x"] = ["<b>", "&"]
    assert str(words.both("x")).count("&lt;b&gt;") == 1


def test_pages_send_a_strict_policy_and_lead_to_the_sign_in_page(tmp_path):
    async def scene(rig, browser):
        for path in ("/", "/board/tokiwa"):
            answer = await browser.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?then=%2F")
        page = await browser.get("/sign-in")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        await rig.signed_in(browser)
        board = await browser.get("/board/tokiwa")
        assert "ときわ公民館" in board.text
        assert board.headers["cache-control"] == "no-store"
        assert (await browser.get("/board/elsewhere")).status_code == 404
        home = await browser.get("/")
        assert home.headers["location"] == "/board/tokiwa"
        file = await browser.get("/static/board.js")
        assert "etag" in file.headers

    play(tmp_path, scene)


def test_the_api_is_described_to_people_too(tmp_path):
    async def scene(rig, browser):
        page = (await browser.get("/api/v1/docs")).text
        described = rig.app.openapi()
        for path, methods in described["paths"].items():
            assert f"<code>{path}</code>" in page
            for operation in methods.values():
                assert operation["summary"] in page

    play(tmp_path, scene)


def test_staff_of_no_site_are_told_so(tmp_path):
    async def scene(rig, browser):
        await rig.signed_in(browser, sites=frozenset({"elsewhere"}))
        assert "見られる施設がありません" in (await browser.get("/")).text

    play(tmp_path, scene)
