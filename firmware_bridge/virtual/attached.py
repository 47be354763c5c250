"""Twins attached to ports, radios and pins, with the faults that real ones have."""

import asyncio
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firmware_bridge.virtual.description import VirtualDevice
from firmware_bridge.virtual.nature import Scene
from firmware_bridge.virtual.pins import PinBoard
from firmware_bridge.virtual.port import PtyPort
from firmware_bridge.virtual.twin import Sends, Talks, Wired
from hardware.clock import Clock
from hardware.layout import GpioLayout

_SLOW = 3.0  # seconds; longer than any profile waits for an answer
_SPARSE = 10  # of so many transmissions, a slow radio's one is heard
_FLIPS = 3  # bits in each damaged message
_TICK = 0.05  # seconds; fine enough for the tenth of a second of a rain gauge's contact


class Fault(StrEnum):
    """What can be wrong with a device."""

    NONE = "none"
    SILENT = "silent"  # it is there and says nothing
    GARBLED = "garbled"  # what it says is damaged
    SLOW = "slow"  # it says it late, or seldom
    GONE = "gone"  # it is not there: unplugged, its cable cut


class Attached(Protocol):
    """One device in a world.

    Attributes:
        fault: what is wrong with it now.
    """

    fault: Fault

    def suffer(self, fault: Fault) -> None:
        """Have this fault from now on, and no other."""

    async def live(self) -> None:
        """Do what the device does until cancelled."""


@dataclass(frozen=True, slots=True)
class Around:
    """What every attached twin has around it."""

    scene: Scene
    clock: Clock
    dice: random.Random


class OnPort:
    """A twin at the far end of a serial port. Satisfies ``Attached``."""

    def __init__(self, twin: Talks, port: PtyPort, around: Around) -> None:
        self.fault = Fault.NONE
        self._twin = twin
        self._port = port
        self._around = around

    def suffer(self, fault: Fault) -> None:
        """Have this fault from now on; a port that is gone can be plugged in again."""
        self.fault = fault
        if fault is Fault.GONE:
            self._port.unplug()
        else:
            self._port.plug()

    async def live(self) -> None:
        """Speak and answer until cancelled."""
        self._port.plug()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._answer())
                if self._twin.every:
                    group.create_task(self._speak())
        finally:
            self._port.unplug()

    async def _speak(self) -> None:
        while True:
            await self._around.clock.sleep(self._twin.every)
            await self._send(self._twin.emit(self._around.scene))

    async def _answer(self) -> None:
        while True:
            received = await self._port.read()
            await self._send(self._twin.respond(received, self._around.scene))

    async def _send(self, octets: bytes) -> None:
        if not octets or self.fault is Fault.SILENT:
            return
        if self.fault is Fault.SLOW:
            await self._around.clock.sleep(_SLOW)
        if self.fault is Fault.GARBLED:
            octets = garbled(octets, self._around.dice)
        await self._port.write(octets)


class OnRadio:
    """A twin that an adapter hears; several share the adapter's port. Satisfies ``Attached``."""

    def __init__(self, twin: Sends, port: PtyPort, around: Around) -> None:
        self.fault = Fault.NONE
        self._twin = twin
        self._port = port
        self._around = around
        self._sent = 0

    def suffer(self, fault: Fault) -> None:
        """Have this fault from now on; a radio that is gone is silent."""
        self.fault = fault

    async def live(self) -> None:
        """Transmit until cancelled."""
        dice = self._around.dice
        while True:
            # Real radios add a little chance to each pause, so that two do not collide for ever.
            await self._around.clock.sleep(self._twin.every + dice.random() * 0.01)
            self._sent += 1
            for event in self._twin.events(self._around.scene):
                if self._is_heard():
                    damaged = self.fault is Fault.GARBLED
                    await self._port.write(garbled(event, dice) if damaged else event)

    def _is_heard(self) -> bool:
        if self.fault is Fault.SLOW:
            return self._sent % _SPARSE == 0
        return self.fault not in (Fault.SILENT, Fault.GONE)


class OnPins:
    """A twin on GPIO pins. Satisfies ``Attached``."""

    def __init__(self, twin: Wired, device: VirtualDevice, board: PinBoard, around: Around) -> None:
        assert isinstance(device.profile.layout, GpioLayout)
        self.fault = Fault.NONE
        self._twin = twin
        self._layouts = device.profile.layout.pins
        self._numbers = device.numbers
        self._roles = {number: role for role, number in device.numbers.items()}
        self._board = board
        self._around = around

    def suffer(self, fault: Fault) -> None:
        """Have this fault from now on: silent pins stay as they are, slow ones follow late."""
        self.fault = fault

    def driven(self, number: int, level: int) -> None:
        """Take note of a pin that the agent drives, if it is one of this device's."""
        if number in self._roles and self.fault is not Fault.GONE:
            self._twin.driven(self._roles[number], level, self._around.clock.monotonic())

    async def live(self) -> None:
        """Move the pins until cancelled."""
        while True:
            levels = self._twin.levels(self._around.scene, self._around.clock.monotonic())
            if self.fault is not Fault.SILENT:
                self._board.drive(
                    {
                        self._numbers[role]: self._level(role, level)
                        for role, level in levels.items()
                    }
                )
            await self._around.clock.sleep(_SLOW if self.fault is Fault.SLOW else _TICK)

    def _level(self, role: str, level: int) -> int:
        if self.fault is Fault.GARBLED:
            return self._around.dice.randrange(2)
        if self.fault is Fault.GONE:  # the cable is cut: the resistor decides
            return 1 - self._layouts[role].active
        return level


def garbled(octets: bytes, dice: random.Random) -> bytes:
    """Flip some bits."""
    damaged = bytearray(octets)
    for bit in dice.sample(range(8 * len(octets)), _FLIPS):
        damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)
