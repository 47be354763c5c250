"""The scanner against a Bluetooth daemon on a private bus, through the real bleak and D-Bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.aio import run, until
from fakes.bluez import FakeBlueZ, private_bus

from firmware_bridge.bluetooth import open_scanner
from firmware_bridge.transport import LinkLost
from hardware.advert import Advert, uuid128
from hardware.clock import SystemClock

pytestmark = pytest.mark.needs("dbus-daemon")
CLOCK = SystemClock("boot-1")
TAG = "C5:0D:FA:99:CB:9E"
RUUVI = {0x0499: bytes.fromhex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f")}
BTHOME = {uuid128("fcd2"): bytes.fromhex("4002ca0903bf13")}


@asynccontextmanager
async def bluez(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[FakeBlueZ]:
    async with private_bus(str(folder)) as address:
        patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        daemon = FakeBlueZ(address)
        await daemon.start()
        try:
            yield daemon
        finally:
            await daemon.stop()


def test_what_bluez_hears_is_handed_on_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        heard: list[Advert] = []
        async with bluez(tmp_path, monkeypatch) as daemon:
            scanner = open_scanner("hci0", CLOCK)
            task = asyncio.get_running_loop().create_task(
                scanner.listen(lambda advert, _at_us: heard.append(advert))
            )
            await until(lambda: daemon.adapter.scanning or task.done())
            daemon.advertise(TAG, RUUVI, {}, -61)
            await until(lambda: len(heard) == 1)
            daemon.advertise(TAG, RUUVI, BTHOME, -72)
            await until(lambda: len(heard) == 2)
            assert heard[0] == Advert(TAG, RUUVI, {}, None, -61)
            assert heard[1] == Advert(TAG, RUUVI, BTHOME, None, -72)
            task.cancel()
            await asyncio.wait([task])
            assert not daemon.adapter.scanning

    run(scenario())


def test_a_daemon_that_dies_under_a_scanner_is_noticed_by_the_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        heard: list[Advert] = []
        async with bluez(tmp_path, monkeypatch) as daemon:
            scanner = open_scanner("hci0", CLOCK, silence=0.5)
            task = asyncio.get_running_loop().create_task(
                scanner.listen(lambda advert, _at_us: heard.append(advert))
            )
            await until(lambda: daemon.adapter.scanning or task.done())
            daemon.advertise(TAG, RUUVI, {}, -61)
            await until(lambda: heard)
            await daemon.stop()
            with pytest.raises(LinkLost, match=r"hci0: no advertisement for 0\.5 s"):
                await task
            again = FakeBlueZ(daemon.address)
            await again.start()
            listening = asyncio.get_running_loop().create_task(
                open_scanner("hci0", CLOCK).listen(lambda advert, _at_us: heard.append(advert))
            )
            await until(lambda: again.adapter.scanning or listening.done())
            again.advertise(TAG, RUUVI, {}, -62)
            await until(lambda: len(heard) == 2)
            listening.cancel()
            await asyncio.wait([listening])
            await again.stop()

    run(scenario())


def test_an_adapter_that_is_not_there_is_a_lost_link_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with bluez(tmp_path, monkeypatch):
            with pytest.raises(LinkLost, match=r"hci7.*not found"):
                await open_scanner("hci7", CLOCK).listen(lambda _advert, _at_us: None)

    run(scenario())


def test_an_adapter_that_refuses_to_scan_is_a_lost_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with bluez(tmp_path, monkeypatch) as daemon:
            daemon.adapter.refuses = "org.bluez.Error.InProgress"
            with pytest.raises(LinkLost, match="InProgress"):
                await open_scanner("hci0", CLOCK).listen(lambda _advert, _at_us: None)

    run(scenario())


def test_a_machine_without_a_bus_is_a_lost_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")

    async def scenario() -> None:
        with pytest.raises(LinkLost, match="Bluetooth hci0: "):
            await open_scanner("hci0", CLOCK).listen(lambda _advert, _at_us: None)

    run(scenario())
