"""The channel table: what the numbers in a node's blocks mean.

A table only grows; its name is a hash of its rows. Blocks name the table as it was when they were
sealed, so that one table, as it is now, opens every block that the node has sealed with any part
of it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hardware.quantity import QUANTITIES, Lane, Quantity, decimals
from hardware.reading import Absence, Measurement, Value

NAME_SIZE = 6  # bytes; a node has some hundred tables in its life, so 48 bits do not collide


class BadTableError(ValueError):
    """What came as a channel table is none; the text says why."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One row: a quantity of a device, and the step in which its values are counted."""

    device: str
    quantity: Quantity
    channel: str
    step: Decimal

    def steps(self, value: Value) -> int | Absence:
        """Turn a value into whole steps, or the place in the quantity's states."""
        if isinstance(value, Absence):
            return value
        if isinstance(value, str):
            return self.quantity.states.index(value)
        return round(value / float(self.step))

    def value(self, steps: int | Absence) -> Value:
        """Turn steps back into the value that they came from.

        A state that this program does not know yet is given as the number that stands for it.
        """
        if isinstance(steps, Absence):
            return steps
        if self.quantity.states:
            known = 0 <= steps < len(self.quantity.states)
            return self.quantity.states[steps] if known else str(steps)
        return round(steps * float(self.step), decimals(self.step))


class ChannelTable:
    """A node's channels in the order in which they were first heard."""

    def __init__(self, rows: Iterable[Channel] = ()) -> None:
        self._rows: list[Channel] = []
        self._numbers: dict[tuple[str, str, str, Decimal], int] = {}
        self._names: list[bytes] = []
        self._hash = hashlib.sha256()
        for row in rows:
            self._append(row)

    @property
    def rows(self) -> Sequence[Channel]:
        """The rows; a channel's number is its place."""
        return self._rows

    @property
    def name(self) -> bytes:
        """Six bytes that no other table of the node has."""
        return self._names[-1] if self._names else bytes(NAME_SIZE)

    @property
    def names(self) -> frozenset[bytes]:
        """The names that this table has had while it grew."""
        return frozenset(self._names)

    def number(self, device: str, measurement: Measurement) -> int:
        """Give the number of a measurement's channel; a new channel is appended."""
        key = (device, measurement.quantity.name, measurement.channel, measurement.step)
        number = self._numbers.get(key)
        if number is None:
            number = len(self._rows)
            self._append(
                Channel(device, measurement.quantity, measurement.channel, measurement.step)
            )
        return number

    def lane(self, number: int) -> Lane:
        """Give the lane in which a channel travels."""
        return self._rows[number].quantity.lane

    def to_json(self) -> list[list[str]]:
        """Give the rows as they stand in a birth: device, quantity, channel, step, unit."""
        return [_as_json(row) for row in self._rows]

    def _append(self, row: Channel) -> None:
        key = (row.device, row.quantity.name, row.channel, row.step)
        self._numbers[key] = len(self._rows)
        self._rows.append(row)
        self._hash.update(json.dumps(_as_json(row), ensure_ascii=False).encode() + b"\n")
        self._names.append(self._hash.digest()[:NAME_SIZE])


def table_from_json(rows: Any) -> ChannelTable:
    """Read a table from a birth.

    Raises:
        BadTableError: a row is malformed, or names a quantity or unit that does not exist here.
    """
    if not isinstance(rows, list):
        raise BadTableError("a channel table is a list of rows")
    return ChannelTable(_channel(row) for row in rows)


def _as_json(row: Channel) -> list[str]:
    return [row.device, row.quantity.name, row.channel, str(row.step), row.quantity.unit]


def _channel(row: Any) -> Channel:
    if not isinstance(row, list) or len(row) != 5 or not all(isinstance(cell, str) for cell in row):
        raise BadTableError(f"{row!r} is not [device, quantity, channel, step, unit]")
    device, name, channel, step, unit = row
    quantity = QUANTITIES.get(name)
    if quantity is None or quantity.unit != unit:
        raise BadTableError(f"quantity {name!r} in {unit!r} is newer than this program; update it")
    try:
        exact = Decimal(step)
    except ArithmeticError:
        raise BadTableError(f"{step!r} is not a step") from None
    if not exact.is_finite() or exact <= 0:
        raise BadTableError(f"{step!r} is not a step")
    return Channel(device, quantity, channel, exact)
