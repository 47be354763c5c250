"""Says what is wrong with a configuration file, so that the person who wrote it can mend it.

Takes the errors of a validator as plain data (``loc``, ``type``, ``msg``, ``input``, as pydantic
gives them) and gives sentences: file, place, what is wrong, what was probably meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hardware.table import did_you_mean


def complaints(
    errors: Iterable[Mapping[str, Any]],
    *,
    file: str,
    entries: Mapping[str, Any],
    known: Mapping[str, Iterable[str]],
) -> str:
    """Put validation errors into lines.

    Args:
        errors: what the validator found.
        file: the file's name.
        entries: what the file holds, to name list entries by their id.
        known: the keys of each table by its name; the file's own under the empty name.
    """
    return "\n".join(
        f"{file}: {_place(error['loc'], entries)}: {_problem(error, known)}" for error in errors
    )


def _place(location: Sequence[str | int], entries: Mapping[str, Any]) -> str:
    """Name the place: ``device 'door-1': address`` for ``('device', 3, 'address')``."""
    parts: list[str] = []
    at: Any = entries
    for step in location:
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            at = None
        if isinstance(step, int):
            name = at.get("id") if isinstance(at, dict) else None
            parts[-1] += f" {name!r}" if isinstance(name, str) else f" {step + 1}"
        else:
            parts.append(step)
    return ": ".join(parts) or "the file"


def _problem(error: Mapping[str, Any], known: Mapping[str, Iterable[str]]) -> str:
    location = [step for step in error["loc"] if isinstance(step, str)]
    if error["type"] == "extra_forbidden":
        table = location[-2] if len(location) > 1 else ""
        return f"no such key{did_you_mean(location[-1], known.get(table, ()))}"
    if error["type"] == "missing":
        return "missing"
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{text} (found {error['input']!r})"
