"""Modbus RTU: the only file that knows pymodbus.

pymodbus builds the request, checks the CRC and unpacks the answer. Finding the answer in the bytes
is done here: its framer gives up all that has come when one CRC fails, and with it a sound answer
that followed noise, or the echo of our own request on a two-wire adapter.
"""

from dataclasses import replace

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
)

from firmware_bridge.driver import Speaks
from hardware.decode import decode_registers
from hardware.errors import BrokenFrame, ConfigError, DecodeError
from hardware.layout import ModbusLayout
from hardware.profile import Profile
from hardware.reading import Measurements

_REFUSALS = {
    1: "it does not know this function",
    2: "it has no such registers",
    3: "it does not accept this count",
    4: "it has failed",
    6: "it is busy",
}


class ModbusConversation:
    """Reads the registers that a profile asks for. Satisfies ``driver.Conversation``."""

    def __init__(self, profile: Profile, *, unit: int) -> None:
        assert isinstance(profile.layout, ModbusLayout)
        if not 1 <= unit <= 254:
            raise ConfigError(f"unit {unit}: a Modbus address is 1 to 254")
        self._profile = profile
        self._layout = replace(profile.layout, unit=unit)
        ask = ReadHoldingRegistersRequest
        if self._layout.function == 4:
            ask = ReadInputRegistersRequest
        question = ask(dev_id=unit, address=self._layout.first, count=self._layout.count)
        self.request: bytes = FramerRTU(DecodePDU(is_server=False)).buildFrame(question)

    def reader(self) -> Speaks:
        """Make a reader for one answer."""
        return _Reader(self._profile, self._layout)


class _Reader:
    def __init__(self, profile: Profile, layout: ModbusLayout) -> None:
        self._profile = profile
        self._unit = layout.unit
        self._answer = bytes((layout.unit, layout.function, 2 * layout.count))
        self._refusal = bytes((layout.unit, layout.function | 0x80))
        self._framer = FramerRTU(DecodePDU(is_server=False))
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[Measurements | DecodeError]:
        """Take the next bytes; give the answer in them, and what looked like one and was not."""
        self._held += chunk
        found: list[Measurements | DecodeError] = []
        while self._find():
            used, message = self._framer.handleFrame(bytes(self._held), self._unit, 0)
            if not used:
                break  # the answer is not all there
            if message is None:
                found.append(BrokenFrame("the CRC does not hold"))
                del self._held[0]
                continue
            found.append(self._measure(message))
            self._held.clear()
        return found

    def _find(self) -> bool:
        """Drop what comes before an answer; whether one begins."""
        places = [self._held.find(self._answer), self._held.find(self._refusal)]
        begins = [place for place in places if place >= 0]
        del self._held[: min(begins) if begins else max(0, len(self._held) - 2)]
        return bool(begins)

    def _measure(self, message: ModbusPDU) -> Measurements | DecodeError:
        if isinstance(message, ExceptionResponse):
            code = message.exception_code
            why = _REFUSALS.get(code, "no further reason")
            return BrokenFrame(f"the device refuses with exception {code}: {why}")
        try:
            return decode_registers(self._profile, message.registers)
        except DecodeError as defect:
            return defect
