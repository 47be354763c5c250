"""Lufft's UMB protocol: several channels asked at once (command 2Fh) of one device on a bus.

The frame is profile data; this file is what stands between STX and ETX. Question: command, its
version 10h, count, channel numbers. Answer: command, version, status, then for each channel a
length, a status, the channel, a type and the value; all little-endian. A channel's number means
something only together with the device's class, so a profile is for one class. Sources: IRS31Pro
manual, 18.3 (the example of page 49 is in the captures), and UMB protocol 1.7.
"""

import struct
from collections.abc import Iterator, Mapping

from firmware_bridge.driver import Conversation, Speaks
from firmware_bridge.framing import FrameFramer
from hardware.checksum import crc16_mcrf4xx
from hardware.errors import BrokenFrame, ConfigError, DecodeError, NotMine
from hardware.layout import FrameLayout
from hardware.measure import Named, measure_named
from hardware.profile import Key, Profile, Setting
from hardware.reading import Measurements

_ASK_SEVERAL, _VERSION = 0x2F, 0x10
_MASTER = 0xF001  # class 15, id 1: we who ask
_TYPES = {0x10: "B", 0x11: "b", 0x12: "H", 0x13: "h", 0x14: "I", 0x15: "i", 0x16: "f", 0x17: "d"}
_STATUS = {
    0x10: "unknown command",
    0x11: "invalid parameter",
    0x24: "invalid channel",
    0x28: "not ready yet",
}


def create(profile: Profile, settings: Mapping[str, Setting]) -> Conversation:
    """Make the conversation with the device of this class and id."""
    device_class, device_id = int(settings["class"]), int(settings["id"])
    if not (1 <= device_class <= 14 and 1 <= device_id <= 255):
        raise ConfigError(f"UMB class {device_class}, id {device_id}: 1 to 14 and 1 to 255 exist")
    return UmbConversation(profile, address=device_class << 12 | device_id)


class UmbConversation:
    """Asks for the channels that the profile's fields name. Satisfies ``driver.Conversation``."""

    def __init__(self, profile: Profile, *, address: int) -> None:
        self._profile = profile
        self._address = address
        keys = [field.source.name for field in profile.fields if isinstance(field.source, Key)]
        channels = [int(key) for key in dict.fromkeys(keys)]
        payload = struct.pack(f"<B{len(channels)}H", len(channels), *channels)
        self.request = frame(
            to=address, sender=_MASTER, body=bytes((_ASK_SEVERAL, _VERSION)) + payload
        )

    def reader(self) -> Speaks:
        """Make a reader for one answer."""
        return _Reader(self._profile, self._address)


def frame(*, to: int, sender: int, body: bytes) -> bytes:
    """Put command, version and payload into a UMB frame."""
    head = struct.pack("<BBHHBB", 0x01, 0x10, to, sender, len(body), 0x02)
    checked = head + body + b"\x03"
    return checked + crc16_mcrf4xx(checked).to_bytes(2, "little") + b"\x04"


class _Reader:
    def __init__(self, profile: Profile, address: int) -> None:
        assert isinstance(profile.layout, FrameLayout)
        self._profile = profile
        self._address = address
        self._framer = FrameFramer(profile.layout)

    def feed(self, chunk: bytes) -> list[Measurements | DecodeError]:
        """Take the next bytes; give the answer in them, and what was none."""
        return [self._read(found) for found in self._framer.feed(chunk)]

    def _read(self, found: bytes | BrokenFrame) -> Measurements | DecodeError:
        if isinstance(found, BrokenFrame):
            return found
        try:
            return measure_named(self._profile, self._values(found))
        except DecodeError as defect:
            return defect

    def _values(self, answer: bytes) -> list[Named]:
        to, sender = struct.unpack_from("<HH", answer, 2)
        body = answer[8:-4]
        if (to, sender) != (_MASTER, self._address) or body[0] != _ASK_SEVERAL:
            raise NotMine(f"from {sender:04x}h to {to:04x}h, command {body[0]:02x}h")
        if len(body) > 2 and body[2]:
            why = _STATUS.get(body[2], "see the UMB protocol")
            raise BrokenFrame(f"the device refuses with {body[2]:02x}h: {why}")
        if len(body) < 4:
            raise BrokenFrame("no count of channels")
        return list(_channels(body[4:], count=body[3]))


def _channels(rest: bytes, *, count: int) -> Iterator[Named]:
    """Length, status, channel (2), type, value; a channel with a status has no value."""
    for _ in range(count):
        if not rest or len(rest) <= rest[0] or rest[0] < 3:
            raise BrokenFrame("a channel is cut off")
        part, rest = rest[1 : rest[0] + 1], rest[rest[0] + 1 :]
        yield Named(str(int.from_bytes(part[1:3], "little")), _value(part))
    if rest:
        raise BrokenFrame(f"{len(rest)} bytes behind the last channel")


def _value(part: bytes) -> int | float | None:
    if part[0]:  # out of range, no valid data, invalid channel: the device does not know
        return None
    code = _TYPES.get(part[3]) if len(part) > 3 else None
    if code is None or len(part) - 4 != struct.calcsize(f"<{code}"):
        raise BrokenFrame(f"{part.hex()} holds no value of a known type")
    value: int | float = struct.unpack(f"<{code}", part[4:])[0]
    return value
