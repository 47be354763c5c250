"""Vaisala WXT530 in automatic mode: wind, air, rain and supervisor. User Guide M211840EN."""

from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.twin import Made, Talks


def create(_: Made) -> Talks:
    """Make the twin."""
    return Wxt530()


class Wxt530:
    """Sends one of its messages every few seconds, in turn; a text message first."""

    every = 2.5

    def __init__(self) -> None:
        self._messages = 0

    def emit(self, scene: Scene) -> bytes:
        """Send the next message."""
        self._messages += 1
        if self._messages == 1:
            return b"0TX,Start-up\r\n"
        kind = (self._wind, self._air, self._rain, self._supervisor)[self._messages % 4]
        return kind(scene).encode("ascii") + b"\r\n"

    def respond(self, received: bytes, scene: Scene) -> bytes:  # noqa: ARG002 - it is not asked
        """Answer nothing: polling is not emulated."""
        return b""

    def _wind(self, scene: Scene) -> str:
        direction = round(scene.wind_direction) % 360
        low, high = (direction - 20) % 360, (direction + 20) % 360
        speeds = f"Sn={scene.wind_speed * 0.6:.1f}M,Sm={scene.wind_speed:.1f}M,Sx={scene.gust:.1f}M"
        return f"0R1,Dn={low:03d}D,Dm={direction:03d}D,Dx={high:03d}D,{speeds}"

    def _air(self, scene: Scene) -> str:
        return (
            f"0R2,Ta={scene.air_temperature:.1f}C,Ua={scene.humidity:.1f}P,Pa={scene.pressure:.1f}H"
        )

    def _rain(self, scene: Scene) -> str:
        counts = f"Rc={scene.rainfall:.2f}M,Rd={int(scene.rain_duration) // 10 * 10}s"
        return f"0R3,{counts},Ri={scene.rain_intensity:.1f}M,Hc=0.0M,Hd=0s,Hi=0.0M"

    def _supervisor(self, scene: Scene) -> str:
        return f"0R5,Th={scene.air_temperature + 1:.1f}C,Vh=0.0N,Vs=12.1V,Vr=3.498V"
