"""An electric strike on a relay, which is believed only as far as its bolt monitor shows.

Told to unlock, the relay is powered for the pulse; the command is verified the moment the bolt
monitor reads unlocked, while the power stays on until the pulse is over, so that the person can
open the door. Whatever happens meanwhile (a jam, an error, the end of the agent) ends with the
relay off. Locking is mechanical: the strike locks when it has no power and the door is shut.
"""

import asyncio
from collections.abc import Mapping

from firmware_bridge.deadline import within
from firmware_bridge.driver import Memory, NotVerified, Tell, WatchesAndActs
from firmware_bridge.pins import Output, Pins
from firmware_bridge.transport import LinkLost
from firmware_bridge.watching import SettledPin, settled_pins
from hardware.clock import Clock
from hardware.command import Action
from hardware.layout import GpioLayout
from hardware.measure import measure_pin
from hardware.profile import Profile, Setting

_RELAY, _BOLT = "relay", "bolt"
_UNLOCKED = "unlocked"


def create(
    profile: Profile, numbers: Mapping[str, int], settings: Mapping[str, Setting], clock: Clock
) -> WatchesAndActs:
    """Make the driver of one strike; ``pulse`` is in seconds."""
    return StrikeRelay(profile, numbers, clock, pulse=float(settings["pulse"]))


class StrikeRelay:
    """Watches bolt and door and powers the strike. Satisfies ``driver.WatchesAndActs``."""

    def __init__(
        self, profile: Profile, numbers: Mapping[str, int], clock: Clock, *, pulse: float
    ) -> None:
        assert isinstance(profile.layout, GpioLayout)
        self._profile = profile
        self._layouts = profile.layout.pins
        self._numbers = numbers
        self._clock = clock
        self._pulse = pulse
        self._relay: Output | None = None
        self._off_at = 0.0
        self._powered = asyncio.Event()
        self._unlocked = asyncio.Event()

    @property
    def memory(self) -> Memory:
        """Nothing: bolt and door are there to be read again."""
        return {}

    async def watch(self, pins: Pins, tell: Tell) -> None:
        """Watch bolt and door until cancelled; the relay is off before and after."""
        relay = pins.output(self._numbers[_RELAY], 0)
        try:
            with settled_pins(pins, self._layouts, self._numbers, self._clock) as opened:
                self._relay = relay
                self._unlocked.clear()  # what an earlier watch has seen is no evidence
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._end_pulses())
                    for role, pin in opened.items():
                        group.create_task(self._follow(role, pin, tell))
        finally:
            self._relay = None
            relay.write(0)
            relay.close()

    async def carry_out(self, action: Action) -> str:
        """Power the strike and give the state of the bolt as it was read.

        Raises:
            NotVerified: the bolt did not move within the pulse; the power is off again.
            LinkLost: the pins are not open.
        """
        if action is not Action.UNLOCK:
            raise ValueError(f"a strike can be told to unlock, not to {action}")
        off_at = self._power()
        try:
            await within(self._clock, self._pulse, self._until_unlocked())
        except TimeoutError:
            raise NotVerified(
                f"the bolt did not move within {self._pulse:g} s: it is jammed, the door presses on"
                " it, or the strike has no power"
            ) from None
        except BaseException:  # cancelled: nobody waits for the door any more
            self._unpower(off_at)
            raise
        return _UNLOCKED

    def _power(self) -> float:
        if self._relay is None:
            raise LinkLost("the strike's pins are not open")
        self._relay.write(1)
        self._off_at = self._clock.monotonic() + self._pulse
        self._powered.set()
        return self._off_at

    def _unpower(self, off_at: float) -> None:
        """End the pulse that was to end at ``off_at``, unless a later command has prolonged it."""
        if self._relay is not None and off_at == self._off_at:
            self._relay.write(0)

    async def _end_pulses(self) -> None:
        while True:
            await self._powered.wait()
            self._powered.clear()
            off_at = self._off_at
            await self._clock.sleep(off_at - self._clock.monotonic())
            self._unpower(off_at)

    async def _until_unlocked(self) -> None:
        await self._unlocked.wait()

    async def _follow(self, role: str, pin: SettledPin, tell: Tell) -> None:
        while True:
            edge = await pin.next()
            measurements = measure_pin(self._profile, role, edge.level)
            if role == _BOLT:
                shows = [measurement.value for measurement in measurements]
                (self._unlocked.set if _UNLOCKED in shows else self._unlocked.clear)()
            tell(measurements, edge.at_us)
