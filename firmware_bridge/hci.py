"""HCI events into advertisements: the bytes with which a Bluetooth controller tells what it heard.

LE Advertising Report (legacy, subevent 02h) and LE Extended Advertising Report (0Dh), Bluetooth
Core Specification, volume 4, part E, 7.7.65. Any bytes are safe: an event either adds up to its
last byte or is refused whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hardware.advert import Advert, uuid128
from hardware.errors import BrokenFrame, NotMine

_LEGACY, _EXTENDED = 0x02, 0x0D
_RSSI_UNKNOWN = 127

# Types of advertising data (Assigned Numbers, 2.3).
_SHORT_NAME, _NAME, _COMPANY = 0x08, 0x09, 0xFF
_SERVICE_DATA = {0x16: 2, 0x20: 4, 0x21: 16}  # by type, how many bytes its UUID has


@dataclass(frozen=True, slots=True)
class _Report:
    address: bytes
    data: bytes
    rssi: int
    complete: bool


def check_event(event: bytes) -> None:
    """Accept an H4 packet that is a whole LE event, or raise ``BrokenFrame``."""
    if event[3:4] in (b"\x02", b"\x0d"):
        list(_reports(event))


def adverts(event: bytes) -> list[Advert]:
    """Give the advertisements of one H4 packet.

    A fragment of an advertisement that is spread over several events is left out: the sensors that
    we hear fit into one.

    Raises:
        NotMine: the packet is no advertising report.
        BrokenFrame: its lengths do not add up.
    """
    if event[:2] != b"\x04\x3e" or event[3:4] not in (b"\x02", b"\x0d"):
        raise NotMine(f"{event[:4].hex()} is no LE advertising report")
    return [_advert(report) for report in _reports(event) if report.complete]


def _reports(event: bytes) -> Iterator[_Report]:
    parameters = event[3:]
    if len(event) < 5 or event[2] != len(parameters):
        raise BrokenFrame(f"{len(event)} bytes; the event says {event[2:3].hex() or 'nothing'}")
    subevent, count = parameters[0], parameters[1]
    rest = parameters[2:]
    for _ in range(count):
        report, rest = _legacy(rest) if subevent == _LEGACY else _extended(rest)
        yield report
    if rest:
        raise BrokenFrame(f"{len(rest)} bytes behind the last report")


def _legacy(rest: bytes) -> tuple[_Report, bytes]:
    """Event type, address type, address (6), data length, data, RSSI."""
    if len(rest) < 9 or len(rest) < 10 + rest[8]:
        raise BrokenFrame("a report is cut off")
    end = 9 + rest[8]
    return _Report(rest[2:8], rest[9:end], rest[end], complete=True), rest[end + 1 :]


def _extended(rest: bytes) -> tuple[_Report, bytes]:
    """Event type (2), address type, address (6), PHYs (2), set, power, RSSI, 9 others, data."""
    if len(rest) < 24 or len(rest) < 24 + rest[23]:
        raise BrokenFrame("a report is cut off")
    end = 24 + rest[23]
    complete = rest[0] & 0x60 == 0  # bits 5 and 6: more to come, or cut off
    return _Report(rest[3:9], rest[24:end], rest[13], complete=complete), rest[end:]


def _advert(report: _Report) -> Advert:
    company_data: dict[int, bytes] = {}
    service_data: dict[str, bytes] = {}
    name = None
    for kind, data in _structures(report.data):
        if kind == _COMPANY and len(data) >= 2:
            company_data[int.from_bytes(data[:2], "little")] = data[2:]
        elif (width := _SERVICE_DATA.get(kind)) is not None and len(data) >= width:
            service_data[_uuid(data[:width])] = data[width:]
        elif kind in (_SHORT_NAME, _NAME):
            name = data.decode("utf-8", "replace")
    return Advert(
        address=":".join(f"{octet:02X}" for octet in reversed(report.address)),
        company_data=company_data,
        service_data=service_data,
        name=name,
        rssi=None if report.rssi == _RSSI_UNKNOWN else report.rssi - (report.rssi & 0x80) * 2,
    )


def _structures(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Length, type, data, again and again; a structure that is cut off is left out."""
    while data and data[0] and len(data) > data[0]:
        yield data[1], data[2 : data[0] + 1]
        data = data[data[0] + 1 :]


def _uuid(octets: bytes) -> str:
    text = octets[::-1].hex()
    if len(octets) == 2:
        return uuid128(text)
    if len(octets) == 4:
        return text + uuid128("0000")[8:]
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
