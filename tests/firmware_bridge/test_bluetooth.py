import asyncio

import pytest
from fakes.aio import run
from fakes.clock import FakeClock, settle
from fakes.line import FakeLine

from firmware_bridge.bluetooth import BlueZScanner, HciScanner, open_scanner
from firmware_bridge.transport import LinkLost
from hardware.advert import Advert

RUUVI = bytes.fromhex(
    "043e2b020103019ecb99fa0dc51f0201061bff99040510dc9680cfa60424ffc8fff4a936e3c8bfc50dfa99cb9eb8"
)
COMMAND_COMPLETE = bytes.fromhex("040e0401030c00")


def listen(line: FakeLine, clock: FakeClock) -> tuple[asyncio.Task[None], list[tuple[Advert, int]]]:
    heard: list[tuple[Advert, int]] = []
    scanner = HciScanner(lambda: line, clock, silence=90)
    task = asyncio.get_running_loop().create_task(
        scanner.listen(lambda advert, at_us: heard.append((advert, at_us)))
    )
    return task, heard


def test_each_advertisement_is_handed_on_with_the_time_at_which_it_came() -> None:
    async def scenario() -> None:
        clock, line = FakeClock(), FakeLine()
        task, heard = listen(line, clock)
        await clock.advance(1)
        line.arrive(COMMAND_COMPLETE + RUUVI[:20])
        await clock.advance(1)
        line.arrive(RUUVI[20:] + b"\x00")
        await settle()
        ((advert, at_us),) = heard
        assert advert.address == "C5:0D:FA:99:CB:9E"
        assert at_us == clock.since_boot_us()
        task.cancel()
        await asyncio.wait([task])
        assert line.closed == 1

    run(scenario())


def test_silence_loses_the_link_so_that_somebody_begins_anew() -> None:
    async def scenario() -> None:
        clock, line = FakeClock(), FakeLine()
        task, heard = listen(line, clock)
        await clock.advance(60)
        line.arrive(RUUVI)
        await clock.advance(89)
        assert not task.done()
        line.arrive(COMMAND_COMPLETE)  # a controller that talks but hears nothing is silent too
        await clock.advance(1)
        with pytest.raises(LinkLost, match="no advertisement for 90 s"):
            await task
        assert len(heard) == 1
        assert line.closed == 1

    run(scenario())


def test_a_port_that_goes_away_is_a_lost_link() -> None:
    async def scenario() -> None:
        clock, line = FakeClock(), FakeLine()
        task, _ = listen(line, clock)
        await settle()
        line.lose("/dev/ttyUSB0: unplugged")
        with pytest.raises(LinkLost, match="unplugged"):
            await task

    run(scenario())


def test_the_name_of_an_adapter_says_how_it_is_listened_to() -> None:
    clock = FakeClock()
    assert isinstance(open_scanner("hci0", clock), BlueZScanner)
    assert isinstance(open_scanner("passive:hci1", clock), BlueZScanner)
    assert isinstance(open_scanner("h4:/dev/ttyAMA0", clock), HciScanner)
