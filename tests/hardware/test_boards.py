"""The board files and the wiring pages, against what others know of the boards and the models."""

import tomllib
from pathlib import Path

import pytest
from gpiozero.pins.pi import PiBoardInfo

from hardware.layout import GpioLayout
from hardware.profile_file import load_profile, models

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
BOARDS = sorted(file for file in (HARDWARE / "boards").glob("*.toml") if file.stem != "header")
HEADER = tomllib.loads((HARDWARE / "boards" / "header.toml").read_text())


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_the_header_of_each_board_is_as_gpiozero_knows_it(file: Path) -> None:
    board = tomllib.loads(file.read_text())
    info = PiBoardInfo.from_revision(int(board["revision"], 16))
    known = {number: pin.name for number, pin in info.headers["J8"].pins.items()}
    assert dict(enumerate(HEADER["pins"], start=1)) == known
    for uart in board["uart"].values():
        for number in uart["pins"]:
            (pin,) = (p for p in info.headers["J8"].pins.values() if p.name == f"GPIO{number}")
            assert "uart" in pin.interfaces


def test_every_gpio_is_held_up_or_down_at_power_on() -> None:
    gpios = {int(name.removeprefix("GPIO")) for name in HEADER["pins"] if name.startswith("GPIO")}
    up, down = set(HEADER["reset"]["up"]), set(HEADER["reset"]["down"])
    assert up | down == gpios
    assert not up & down


@pytest.mark.parametrize("model", models())
def test_every_model_has_a_wiring_page_with_drawing_and_traps(model: str) -> None:
    page = (HARDWARE / "wiring" / f"{model}.md").read_text(encoding="utf-8")
    profile = load_profile(model)
    assert page.startswith(f"# {profile.title}\n")
    assert "```" in page, "a drawing"
    assert "## Traps" in page
    if isinstance(profile.layout, GpioLayout):
        for role in profile.layout.pins:
            assert f"`{role}`" in page


def test_every_wiring_page_is_of_a_model() -> None:
    pages = {file.stem for file in (HARDWARE / "wiring").glob("*.md")} - {"README"}
    assert pages == set(models())
