"""Devices that speak by themselves, built from their profile alone."""

from collections.abc import Callable

from firmware_bridge.framing import FrameFramer, LineFramer
from hardware.decode import decode_frame, decode_line
from hardware.errors import BrokenFrame, DecodeError
from hardware.layout import FrameLayout, LineLayout
from hardware.profile import Profile
from hardware.reading import Measurements


class Speaker:
    """Reads the frames or lines of one model. Satisfies ``driver.Speaks``."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._framer: FrameFramer | LineFramer
        self._decode: Callable[[Profile, bytes], Measurements]
        if isinstance(profile.layout, FrameLayout):
            self._framer, self._decode = FrameFramer(profile.layout), decode_frame
        else:
            assert isinstance(profile.layout, LineLayout)
            self._framer, self._decode = LineFramer(profile.layout), decode_line

    def feed(self, chunk: bytes) -> list[Measurements | DecodeError]:
        """Take the next bytes; give what each frame says, or its defect."""
        return [self._read(found) for found in self._framer.feed(chunk)]

    def _read(self, found: bytes | BrokenFrame) -> Measurements | DecodeError:
        if isinstance(found, BrokenFrame):
            return found
        try:
            return self._decode(self._profile, found)
        except DecodeError as defect:
            return defect
