"""A Bluetooth daemon on a private bus: as much of org.bluez as a scanner talks to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from dbus_fast import DBusError, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusSignature
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

Text = Annotated[str, DBusSignature("s")]
Flag = Annotated[bool, DBusSignature("b")]
Texts = Annotated[list[str], DBusSignature("as")]
Path = Annotated[str, DBusSignature("o")]
Options = Annotated[dict[str, Variant], DBusSignature("a{sv}")]
ByCompany = Annotated[dict[int, Variant], DBusSignature("a{qv}")]
Short = Annotated[int, DBusSignature("n")]

_ADAPTER = "/org/bluez/hci0"


@asynccontextmanager
async def private_bus(folder: str) -> AsyncIterator[str]:
    """Start a message bus for one test; gives its address."""
    daemon = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--print-address=1",
        f"--address=unix:tmpdir={folder}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert daemon.stdout is not None
    try:
        yield (await daemon.stdout.readline()).decode().strip()
    finally:
        daemon.terminate()
        await daemon.wait()


class _Adapter(ServiceInterface):
    """One adapter. ``refuses`` is the D-Bus error with which it answers a wish to scan."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Adapter1")
        self.scanning = False
        self.filters: dict[str, Any] = {}
        self.refuses: str | None = None

    @dbus_method()
    def StartDiscovery(self) -> None:  # noqa: N802 - the names are BlueZ's
        if self.refuses is not None:
            raise DBusError(self.refuses, "not now")
        self.scanning = True

    @dbus_method()
    def StopDiscovery(self) -> None:  # noqa: N802
        self.scanning = False

    @dbus_method()
    def SetDiscoveryFilter(self, filters: Options) -> None:  # noqa: N802
        self.filters = {name: value.value for name, value in filters.items()}

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> Text:  # noqa: N802
        return "00:1A:7D:DA:71:13"

    @dbus_property(access=PropertyAccess.READ)
    def Powered(self) -> Flag:  # noqa: N802
        return True

    @dbus_property(access=PropertyAccess.READ)
    def Roles(self) -> Texts:  # noqa: N802
        return ["central"]


class _Device(ServiceInterface):
    """One device that was heard, as BlueZ remembers it."""

    def __init__(self, address: str) -> None:
        super().__init__("org.bluez.Device1")
        self._address = address
        self.company: dict[int, bytes] = {}
        self.service: dict[str, bytes] = {}
        self.rssi = -60

    def changed(self) -> None:
        self.emit_properties_changed(
            {
                "RSSI": self.rssi,
                "ManufacturerData": self.ManufacturerData,
                "ServiceData": self.ServiceData,
            }
        )

    @dbus_property(access=PropertyAccess.READ)
    def Address(self) -> Text:  # noqa: N802
        return self._address

    @dbus_property(access=PropertyAccess.READ)
    def Alias(self) -> Text:  # noqa: N802
        return self._address.replace(":", "-")

    @dbus_property(access=PropertyAccess.READ)
    def Adapter(self) -> Path:  # noqa: N802
        return _ADAPTER

    @dbus_property(access=PropertyAccess.READ)
    def UUIDs(self) -> Texts:  # noqa: N802
        return []

    @dbus_property(access=PropertyAccess.READ)
    def RSSI(self) -> Short:  # noqa: N802
        return self.rssi

    @dbus_property(access=PropertyAccess.READ)
    def ManufacturerData(self) -> ByCompany:  # noqa: N802
        return {number: Variant("ay", octets) for number, octets in self.company.items()}

    @dbus_property(access=PropertyAccess.READ)
    def ServiceData(self) -> Options:  # noqa: N802
        return {uuid: Variant("ay", octets) for uuid, octets in self.service.items()}


class FakeBlueZ:
    """Serves org.bluez on a bus."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._bus = MessageBus(bus_address=address)
        self._devices: dict[str, _Device] = {}
        self.adapter = _Adapter()

    async def start(self) -> None:
        await self._bus.connect()
        self._bus.export(_ADAPTER, self.adapter)
        await self._bus.request_name("org.bluez")

    async def stop(self) -> None:
        """Die, as the daemon does when it is restarted."""
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    def advertise(
        self, address: str, company: dict[int, bytes], service: dict[str, bytes], rssi: int
    ) -> None:
        """Have heard a device."""
        path = f"{_ADAPTER}/dev_{address.replace(':', '_')}"
        device = self._devices.get(address) or _Device(address)
        device.company, device.service, device.rssi = company, service, rssi
        if address in self._devices:
            device.changed()
        else:
            self._devices[address] = device
            self._bus.export(path, device)
