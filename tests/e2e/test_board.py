"""The board in a real browser: what a clerk sees and does."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from hardware.command import Outcome
from tests.gateway import scenes
from tests.gateway.rig import PASSWORD, RunningClock, serving

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTHS = (360, 820, 1440)
MOODS = ("fine", "trouble", "unknown", "offline")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium, which is not installed as `chromium`"
)


@asynccontextmanager
async def browser(width=1440, height=900):
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        try:
            context = await chromium.new_context(viewport={"width": width, "height": height})
            page = await context.new_page()
            page.set_default_timeout(10_000)
            page.wrong = []
            page.on("pageerror", lambda error: page.wrong.append(str(error)))
            page.on("console", lambda message: _note(page, message))
            yield page
            assert page.wrong == []
        finally:
            await chromium.close()


def _note(page, message):
    """Note what a page must not say: a refused request is an answer, anything else is not."""
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        page.wrong.append(message.text)


async def sign_in(page, rig, site="tokiwa"):
    await page.goto(f"{rig.url}/board/{site}")
    await page.fill("#name", "tanaka")
    await page.fill("#password", PASSWORD)
    await page.click("#sign-in button")
    await page.wait_for_url(f"**/board/{site}")
    await page.wait_for_selector(".space")


def on_board(tmp_path, scene, *, mood="fine", width=1440, site="tokiwa"):
    """Play a scene at the board of a site, signed in."""

    async def begin():
        async with serving(tmp_path, RunningClock(scenes.AFTERNOON)) as rig:
            now = rig.clock.now()
            scenes.hall(rig.store, now, mood)
            scenes.road(rig.store, now, mood)
            scenes.book(rig.ledger, rig.settings.places(), now)
            rig.account()
            async with browser(width) as page:
                await sign_in(page, rig, site)
                await scene(rig, page)

    asyncio.run(begin())


def test_the_worst_comes_first_in_words(tmp_path):
    async def scene(_rig, page):
        order = await page.eval_on_selector_all(".space", "all => all.map(e => e.dataset.severity)")
        assert order == ["alarm", "warning", "warning", "warning", "notice", "fine", "fine"]
        first = page.locator(".space").first
        assert "錠が途中で止まっています" in await first.inner_text()
        assert "the lock is jammed" in await first.inner_text()
        assert await page.locator("#simulated").is_visible()
        assert (await page.title()).startswith("(1) ときわ公民館")

    on_board(tmp_path, scene, mood="trouble")


def test_what_is_not_known_never_looks_locked_or_empty(tmp_path):
    async def scene(_rig, page):
        for space in ("entrance", "hall-a", "store"):
            text = await page.locator(f"#space-{space} .facts").inner_text()
            assert "不明" in text
            for word in ("施錠", "空き", "使用中", "開錠"):
                assert word not in text
        assert "現地の装置とつながりません" in await page.locator("#nodes").inner_text()

    on_board(tmp_path, scene, mood="offline")


def test_a_roadside_station_shows_its_road(tmp_path):
    async def scene(_rig, page):
        road = await page.locator("#space-road").inner_text()
        for word in ("路面凍結", "凍結", "-1.8", "185", "0.24"):
            assert word in road
        sky = await page.locator("#space-sky").inner_text()
        for word in ("視程", "85", "12.1", "北西", "PM2.5"):
            assert word in sky

    on_board(tmp_path, scene, mood="trouble", site="mikuni")


def test_a_clerk_opens_a_door_and_sees_each_step(tmp_path):
    async def scene(rig, page):
        rig.node.pause = 0.1
        await page.click("#space-entrance [data-action=unlock]")
        await page.click("#door-send")
        assert "理由" in await page.locator("#door-dialog .problem").inner_text()
        await page.click("[data-reason=forgot]")
        await page.click("#door-send")
        await page.wait_for_selector("#door-dialog [data-outcome=verified]")
        outcomes = await page.eval_on_selector_all(
            "#door-dialog [data-outcome]", "all => all.map(e => e.dataset.outcome)"
        )
        assert outcomes == ["sent", "accepted", "executing", "verified"]
        ((_, command),) = rig.node.carried
        assert (command.reason, command.actor.name) == ("鍵・暗証番号を忘れた", "tanaka")
        await page.click("#door-close")
        rig.node.steps = ((Outcome.EXPIRED, "the node did not answer in time"),)
        await page.click("#space-entrance [data-action=unlock]")
        await page.click("[data-reason=check]")
        await page.click("#door-send")
        await page.wait_for_selector("#door-dialog [data-outcome=expired]")
        assert "返事がありません" in await page.locator("#door-dialog").inner_text()

    on_board(tmp_path, scene)


def test_a_clerk_books_in_three_presses_and_cancels(tmp_path):
    async def scene(_rig, page):
        await page.click("#space-kitchen [data-action=book]")
        await page.click("[data-slot=evening]")
        await page.fill("#book-name", "折り紙の会")
        await page.click("#book-send")
        await page.wait_for_selector("[data-booked]")
        await page.click("#book-close")
        held = page.locator("#space-kitchen .booking", has_text="折り紙の会")
        await held.wait_for()
        assert "18:00–21:00" in await held.inner_text()
        await held.click()
        await page.click("#booking-cancel")
        assert "他の人が予約" in await page.locator("#booking-dialog").inner_text()
        await page.click("#booking-cancel-sure")
        await page.wait_for_selector("[data-cancelled]")
        await held.wait_for(state="detached")

    on_board(tmp_path, scene)


def test_a_taken_time_offers_the_nearest_free_one(tmp_path):
    async def scene(_rig, page):
        await page.click("#book")
        await page.click("[data-choose-space=hall-a]")
        await page.click("[data-slot=afternoon]")
        await page.fill("#book-name", "折り紙の会")
        await page.click("#book-send")
        await page.click("[data-alternative=after]")
        await page.wait_for_selector("[data-booked]")
        assert "15:00–19:00" in await page.locator("#book-dialog").inner_text()

    on_board(tmp_path, scene)


def test_a_new_reading_shows_without_a_reload(tmp_path):
    async def scene(rig, page):
        await page.wait_for_selector("#space-entrance .door[data-state=unlocked]")
        feed = scenes.Feed(rig.store, "tokiwa", "hall-pi-2")
        feed.device(scenes.device("extra", "door-contact", "entrance", "扉", "door"))
        feed.say("extra", "door", (rig.clock.now() - timedelta(minutes=20), "open"),
                 (rig.clock.now(), "open"))  # fmt: skip
        rig.service.board.touch("tokiwa")
        await page.wait_for_selector("#space-entrance .door[data-state=open]")
        await page.wait_for_selector("#space-entrance [data-code=open_long]")

    on_board(tmp_path, scene)


def test_a_broken_stream_says_so_and_recovers_by_itself(tmp_path):
    async def begin():
        async with serving(tmp_path, RunningClock(scenes.AFTERNOON)) as rig, browser() as page:
            scenes.hall(rig.store, rig.clock.now())
            rig.account()
            await sign_in(page, rig)
            # The network goes: the stream ends and nobody answers.
            await page.context.set_offline(True)
            for listener in list(rig.service.live._listeners):
                listener.close()
            await page.wait_for_selector("#broken:not([hidden])")
            says = await page.locator("#broken").inner_text()
            assert "最新の情報が届いていません" in says
            assert "14:20" in says
            await page.context.set_offline(False)
            await page.wait_for_selector("#broken", state="hidden")
            await page.wait_for_selector("[data-live=live]")

    asyncio.run(begin())


def test_the_keyboard_alone_is_enough(tmp_path):
    async def scene(_rig, page):
        button = page.locator("#space-entrance [data-action=unlock]")
        await button.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#door-dialog[open]")
        await page.keyboard.press("Escape")
        assert await button.evaluate("e => e === document.activeElement")

    on_board(tmp_path, scene)


def test_the_language_is_kept(tmp_path):
    async def scene(_rig, page):
        await page.click("#language")
        text = await page.locator("#space-hall").inner_text()
        assert "Main hall" in text
        assert "大ホール" not in text
        await page.reload()
        await page.wait_for_selector(".space")
        assert "大ホール" not in await page.locator("#space-hall").inner_text()

    on_board(tmp_path, scene)


def test_signing_out_leads_away_and_the_board_is_closed(tmp_path):
    async def scene(rig, page):
        await page.click("#sign-out")
        await page.wait_for_url("**/sign-in")
        await page.goto(f"{rig.url}/board/tokiwa")
        assert "/sign-in" in page.url

    on_board(tmp_path, scene)


# For everybody: sizes, contrast, no sideways scrolling -------------------------------------------

SMALL_TARGETS = """() => [...document.querySelectorAll('button, a, input, select, summary')]
  .filter(e => e.checkVisibility())
  .map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([says, box]) => `${says} ${box.width}x${box.height}`)"""

# Hatched backgrounds are images: there the darker of their two colours counts.
FAINT_TEXTS = """() => {
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      const image = style.backgroundImage.match(/rgb[^)]*\\)/);
      if (image) return parse(image[0]);
      const colour = parse(style.backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest('noscript, [disabled], #told')) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faint.push(`${walker.currentNode.textContent.trim()} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mood", MOODS)
def test_every_state_fits_every_screen_and_every_eye(tmp_path, mood, width):
    async def scene(rig, page):
        for site in ("tokiwa", "mikuni"):
            await page.goto(f"{rig.url}/board/{site}")
            await page.wait_for_selector(".space")
            await fits(page)
        if mood == "fine":
            await page.goto(f"{rig.url}/board/tokiwa")
            await page.click("#space-entrance [data-action=unlock]")
            await fits(page)
            await page.keyboard.press("Escape")
            await page.click("#space-hall-a [data-action=book]")
            await page.wait_for_selector("[data-slot]")
            await fits(page)

    on_board(tmp_path, scene, mood=mood, width=width)


async def fits(page):
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(SMALL_TARGETS) == []
    assert await page.evaluate(FAINT_TEXTS) == []


def test_it_prints_without_its_buttons(tmp_path):
    async def scene(_rig, page):
        await page.emulate_media(media="print")
        assert not await page.locator(".tools").is_visible()
        assert not await page.locator(".act").first.is_visible()
        assert await page.locator("#space-hall h2").is_visible()

    on_board(tmp_path, scene)
