"""Nova SDS011: one report a second. Specification v1.3, UART protocol."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks


def create(_: Made) -> Talks:
    """Make the twin."""
    return Sds011()


class Sds011:
    """Reports PM2.5 and PM10 in tenths of a microgram per cubic metre."""

    every = 1.0

    def emit(self, scene: Scene) -> bytes:
        """Report fine dust, and somewhat more coarse dust."""
        values = (round(10 * scene.fine_dust), round(16 * scene.fine_dust))
        data = b"".join(value.to_bytes(2, "little") for value in values) + b"\x58\xd9"
        return b"\xaa\xc0" + data + bytes((sum(data) & 0xFF, 0xAB))

    def respond(self, received: bytes, scene: Scene) -> bytes:  # noqa: ARG002 - we command nothing
        """Answer nothing: no command is emulated."""
        return b""
