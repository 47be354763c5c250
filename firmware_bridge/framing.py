"""Framers: a stream of bytes in, whole frames out, whatever the chunks.

A framer knows no port and no time. It holds at most one frame (``layout.longest``) between two
calls. Bytes that are no frame are dropped one at a time, so a frame that follows damage, or hides
in it, is found. What was dropped is told: each frame that began soundly and was not whole, and
every ``longest`` bytes in which no frame began (a wrong baud rate looks like that).
"""

from collections.abc import Callable

from firmware_bridge.hci import check_event
from hardware.decode import check_frame, frame_length
from hardware.errors import BrokenFrame, DecodeError
from hardware.layout import Bytes, FrameLayout, LineLayout

Framed = list[bytes | BrokenFrame]


class FrameFramer:
    """Finds binary frames by start, length and whatever else the layout checks."""

    def __init__(
        self,
        layout: FrameLayout,
        check: Callable[[FrameLayout, bytes], None] = check_frame,
    ) -> None:
        self._layout = layout
        self._check = check
        self._held = bytearray()
        self._noise = 0

    def feed(self, chunk: bytes) -> Framed:
        """Take the next bytes; give the frames that end in them, and the defects."""
        self._held += chunk
        found: Framed = []
        while self._pass_over_noise(found):
            try:
                frame = self._front()
            except DecodeError as defect:
                found.append(BrokenFrame(str(defect)))
                del self._held[0]
                self._noise = 0  # what is left of this frame is told already
                continue
            if frame is None:
                break
            found.append(frame)
            del self._held[: len(frame)]
        return found

    def _pass_over_noise(self, found: Framed) -> bool:
        """Drop bytes up to where a frame may begin; whether one does begin there."""
        start = self._layout.start
        at = self._held.find(start)
        begins = at >= 0
        if not begins:
            at = len(self._held) - _overlap(self._held, start)
        del self._held[:at]
        self._noise += at
        while self._noise >= self._layout.longest:
            self._noise -= self._layout.longest
            found.append(BrokenFrame(f"{self._layout.longest} bytes in which no frame begins"))
        return begins

    def _front(self) -> bytes | None:
        """Give the frame that begins at the front, None while it is not all there."""
        head = bytes(self._held[: self._layout.longest])
        length = frame_length(self._layout, head)
        if length is None or len(head) < length:
            return None
        frame = head[:length]
        self._check(self._layout, frame)
        self._noise = 0
        return frame


def _overlap(held: bytes | bytearray, start: bytes) -> int:
    """How many bytes at the end may be the beginning of ``start``."""
    return next((n for n in range(len(start) - 1, 0, -1) if held.endswith(start[:n])), 0)


class LineFramer:
    """Finds lines by their end. Empty lines are nothing; too long ones are a defect."""

    def __init__(self, layout: LineLayout) -> None:
        self._layout = layout
        self._held = bytearray()
        self._overlong = False

    def feed(self, chunk: bytes) -> Framed:
        """Take the next bytes; give the lines that end in them, without their ends."""
        self._held += chunk
        *lines, rest = self._held.split(self._layout.ends)
        found: Framed = []
        for line in lines:
            self._tell(bytes(line), found)
            self._overlong = False
        self._held = rest
        if len(rest) > self._layout.longest + len(self._layout.ends):
            self._tell(bytes(rest), found)
            self._overlong = True
            # What may be the first half of a line end stays.
            self._held = rest[-len(self._layout.ends) :]
        return found

    def _tell(self, line: bytes, found: Framed) -> None:
        if self._overlong or not line:
            return
        if len(line) > self._layout.longest:
            found.append(BrokenFrame(f"no line end within {self._layout.longest} bytes"))
        else:
            found.append(line)


# Packet type 04h, event code, length, parameters. Only LE meta events (3Eh) are looked for; what
# else a controller says is passed over like noise. H4 has neither checksum nor end mark, so the
# lengths inside the event must add up.
_LE_META_EVENT = FrameLayout(
    start=b"\x04\x3e",
    lengths=frozenset(range(4, 259)),
    length_at=Bytes(at=2, width=1),
    length_plus=3,
)


class H4Framer(FrameFramer):
    """Finds HCI LE events in the byte stream of a Bluetooth controller on a UART."""

    def __init__(self) -> None:
        super().__init__(_LE_META_EVENT, check=lambda _, frame: check_event(frame))
