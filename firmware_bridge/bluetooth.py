"""Bluetooth scanning: the only file that knows bleak, and a scanner for a controller on a UART.

BlueZ can stop scanning without a word (bluez #1126, #1554), and stays silent for ever when its
daemon is restarted under a live scanner. Silence is therefore an error here: after ``silence``
seconds without any advertisement the link is lost, and whoever listens begins anew.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs, OrPattern
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from firmware_bridge.deadline import within
from firmware_bridge.framing import H4Framer
from firmware_bridge.hci import adverts
from firmware_bridge.serial_port import SerialPort
from firmware_bridge.transport import LinkLost, Transport
from hardware.advert import Advert
from hardware.clock import Clock
from hardware.errors import BrokenFrame, DecodeError
from hardware.profile import Serial

Hear = Callable[[Advert, int], None]
"""Takes an advertisement and the microseconds since boot at which it was heard."""

SILENCE = 90.0  # seconds; a hall without one telephone in it for so long is rarer than a hang
_STOPPING = 5.0  # seconds; a dead daemon answers no request to stop
_H4 = "h4:"
_PASSIVE = "passive:"
_H4_LINE = Serial(baud=115_200)

# A passive scan in BlueZ hears only what matches a pattern: the flags that devices send which can
# be discovered, and the formats that come without flags.
_PATTERNS = [
    OrPattern(0, AdvertisementDataType.FLAGS, bytes((flags,))) for flags in (0x02, 0x04, 0x05, 0x06)
] + [
    OrPattern(0, AdvertisementDataType.SERVICE_DATA_UUID16, b"\xd2\xfc"),  # BTHome
    OrPattern(0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, b"\x99\x04"),  # Ruuvi
    OrPattern(0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, b"\x69\x09"),  # SwitchBot
]


class Scanner(Protocol):
    """One adapter that hears advertisements."""

    async def listen(self, hear: Hear) -> None:
        """Hand over each advertisement until cancelled.

        Raises:
            LinkLost: the adapter is not there, refuses, or has fallen silent; begin anew.
        """


def open_scanner(adapter: str, clock: Clock, *, silence: float = SILENCE) -> Scanner:
    """Make the scanner for an adapter.

    ``hci0`` scans actively through BlueZ; ``passive:hci0`` only listens, which spares batteries but
    misses what a device says when asked; ``h4:/dev/…`` reads HCI events from a serial port.
    """
    if adapter.startswith(_H4):
        port = adapter.removeprefix(_H4)
        return HciScanner(lambda: SerialPort(port, _H4_LINE), clock, silence=silence)
    return BlueZScanner(adapter, clock, silence=silence)


class BlueZScanner:
    """Listens through BlueZ. Satisfies ``Scanner``."""

    def __init__(self, adapter: str, clock: Clock, *, silence: float) -> None:
        self._name = adapter.removeprefix(_PASSIVE)
        self._passive = adapter.startswith(_PASSIVE)
        self._clock = clock
        self._silence = silence

    async def listen(self, hear: Hear) -> None:
        """Hand over each advertisement until cancelled.

        Raises:
            LinkLost: the adapter is not there, refuses, or has fallen silent.
        """
        heard = _Heard(hear, self._clock, name=self._name, silence=self._silence)

        def on_advert(device: BLEDevice, data: AdvertisementData) -> None:
            heard.one(_advert(device, data))

        bluez: BlueZScannerArgs = {"adapter": self._name}
        if self._passive:
            bluez["or_patterns"] = list(_PATTERNS)
        scanner = BleakScanner(
            on_advert, None, "passive" if self._passive else "active", bluez=bluez
        )
        try:
            await scanner.start()
            while True:
                await self._clock.sleep(heard.left())
        except (BleakError, OSError, EOFError) as error:
            raise LinkLost(f"Bluetooth {self._name}: {error}") from error
        finally:
            await _in_time(scanner.stop())


class HciScanner:
    """Listens to a controller that sends HCI events over a transport. Satisfies ``Scanner``."""

    def __init__(self, transport: Callable[[], Transport], clock: Clock, *, silence: float) -> None:
        self._transport = transport
        self._clock = clock
        self._silence = silence

    async def listen(self, hear: Hear) -> None:
        """Hand over each advertisement until cancelled.

        Raises:
            LinkLost: the port is gone, or nothing has come over it for too long.
        """
        heard = _Heard(hear, self._clock, name="HCI port", silence=self._silence)
        framer = H4Framer()
        transport = self._transport()
        try:
            await transport.open()
            while True:
                try:
                    octets = await within(self._clock, heard.left(), transport.read())
                except TimeoutError:
                    continue  # left() says what that means
                for event in framer.feed(octets):
                    for advert in _adverts(event):
                        heard.one(advert)
        finally:
            await transport.close()


class _Heard:
    """Hands on what was heard, and knows how long it may still be silent."""

    def __init__(self, hear: Hear, clock: Clock, *, name: str, silence: float) -> None:
        self._hear = hear
        self._clock = clock
        self._name = name
        self._silence = silence
        self._last_us = clock.since_boot_us()

    def one(self, advert: Advert) -> None:
        self._last_us = self._clock.since_boot_us()
        self._hear(advert, self._last_us)

    def left(self) -> float:
        """Give the seconds until the silence has lasted too long.

        Raises:
            LinkLost: it has.
        """
        left = self._silence - (self._clock.since_boot_us() - self._last_us) / 1e6
        if left <= 0:
            text = f"no advertisement for {self._silence:g} s; scanning has to begin anew"
            raise LinkLost(f"Bluetooth {self._name}: {text}")
        return left


def _advert(device: BLEDevice, data: AdvertisementData) -> Advert:
    return Advert(
        address=device.address.upper(),
        company_data=dict(data.manufacturer_data),
        service_data=dict(data.service_data),
        name=data.local_name,
        rssi=None if data.rssi == -127 else data.rssi,  # what bleak says when BlueZ does not
    )


def _adverts(event: bytes | BrokenFrame) -> list[Advert]:
    if isinstance(event, BrokenFrame):
        return []  # advertisements are lost all the time; the next one says the same
    try:
        return adverts(event)
    except DecodeError:
        return []  # another LE event: nothing was heard


async def _in_time(work: Coroutine[Any, Any, None]) -> None:
    """Do what tidies up, but not for ever and not at the price of the first error."""
    with suppress(TimeoutError, BleakError, OSError, EOFError):
        async with asyncio.timeout(_STOPPING):
            await work
