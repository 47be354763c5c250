"""What the radio hears of one Bluetooth LE device at one moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_BLUETOOTH_BASE = "0000{}-0000-1000-8000-00805f9b34fb"
_UUID16 = re.compile("[0-9a-f]{4}")


def uuid128(text: str) -> str:
    """Give the 128-bit form of a Bluetooth UUID that may be written with four digits."""
    text = text.lower()
    return _BLUETOOTH_BASE.format(text) if _UUID16.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Advert:
    """One advertisement (or scan response), as the adapter gives it.

    Attributes:
        address: six bytes as upper-case text, ``C5:0D:FA:99:CB:9E``.
        company_data: manufacturer data by company id, without the id.
        service_data: service data by 128-bit lower-case UUID, without the UUID.
        rssi: dBm, or None where the adapter does not tell.
    """

    address: str
    company_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    name: str | None = None
    rssi: int | None = None
