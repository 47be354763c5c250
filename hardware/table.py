"""A TOML table, read key by key with errors that a person can act on."""

import difflib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from hardware.errors import ConfigError

T = TypeVar("T")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give "; did you mean 'x'?" for a near miss, else "; known: …"; nothing if none is known."""
    names = sorted(known)
    if not names:
        return ""
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}"


class Table:
    """One table of a file. Each key is taken once; ``close`` refuses what nobody took."""

    def __init__(self, entries: Mapping[str, Any], where: str) -> None:
        self._left = dict(entries)
        self._taken: set[str] = set()
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def left(self) -> list[str]:
        """List the keys that are still to be taken."""
        return list(self._left)

    def error(self, key: str, problem: str) -> ConfigError:
        """Make the error for a key of this table."""
        return ConfigError(f"{self.where}: {key}: {problem}")

    def take(self, key: str, kind: type[T]) -> T:
        """Take a key that must be there.

        Raises:
            ConfigError: it is not there or is of another type.
        """
        value = self.take_or(key, kind, None)
        if value is None:
            raise self.error(key, f"missing; expected {_kind_name(kind)}")
        return value

    def take_or(self, key: str, kind: type[T], default: T | None) -> T | None:
        """Take a key that may be there."""
        self._taken.add(key)
        if key not in self._left:
            return default
        value = self._left.pop(key)
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        raise self.error(key, f"{value!r} is not {_kind_name(kind)}")

    def number_or(self, key: str, default: Decimal | None) -> Decimal | None:
        """Take a number, whole or with a decimal point, exactly as written."""
        self._taken.add(key)
        if key not in self._left:
            return default
        return self.as_number(key, self._left.pop(key))

    def as_number(self, key: str, value: object) -> Decimal:
        """Check that one value is a number."""
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
        raise self.error(key, f"{value!r} is not a number")

    def positive_or(self, key: str, default: Decimal | None) -> Decimal | None:
        """Take a number above 0 that may be there."""
        value = self.number_or(key, default)
        if value is not None and value <= 0:
            raise self.error(key, f"{value} is not above 0")
        return value

    def positive(self, key: str) -> Decimal:
        """Take a number above 0 that must be there."""
        value = self.positive_or(key, None)
        if value is None:
            raise self.error(key, "missing; expected a number")
        return value

    def octets_or(self, key: str, default: bytes) -> bytes:
        """Take bytes, written as hexadecimal text."""
        text = self.take_or(key, str, None)
        if text is None:
            return default
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise self.error(key, f"{text!r} is not hexadecimal") from None

    def choice(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """Take one of a few words."""
        names = list(known)
        word = self.take(key, str) if default is None else self.take_or(key, str, default)
        assert word is not None
        if word not in names:
            raise self.error(key, f"{word!r} does not exist{did_you_mean(word, names)}")
        return word

    def table_or(self, key: str) -> "Table | None":
        """Take a table below this one."""
        entries = self.take_or(key, dict, None)
        return None if entries is None else Table(entries, f"{self.where}: {key}")

    def table(self, key: str) -> "Table":
        """Take a table that must be there."""
        return Table(self.take(key, dict), f"{self.where}: {key}")

    def close(self) -> None:
        """Refuse keys that nobody took.

        Raises:
            ConfigError: names the key, and the one that was probably meant.
        """
        for key in self._left:
            raise self.error(key, f"no such key{did_you_mean(key, self._taken)}")


def _kind_name(kind: type) -> str:
    names = {
        str: "text",
        int: "a whole number",
        bool: "true or false",
        dict: "a table",
        list: "a list",
    }
    return names.get(kind, kind.__name__)
