"""Pydantic's findings, for whoever wrote the file: where, what was seen, what was meant."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from hardware.table import did_you_mean

Place = tuple[int | str, ...]


def sentences(
    errors: Iterable[ErrorDetails], model: type[BaseModel], entries: Mapping[str, Any]
) -> list[str]:
    """Give one line for each error.

    Args:
        errors: as pydantic lists them.
        model: what was expected of the whole file.
        entries: what the file says.
    """
    return [
        f"{_where(error['loc'], entries)}: {_what(error, model)}".removeprefix(": ")
        for error in errors
    ]


def _where(place: Place, entries: Mapping[str, Any]) -> str:
    """Name a place as a person finds it: ``site 'tokiwa': space 'hall': kind``."""
    words: list[str] = []
    at: Any = entries
    for step in place:
        if isinstance(step, int):
            at = at[step] if isinstance(at, Sequence) else None
            name = at.get("id") if isinstance(at, Mapping) else None
            words[-1] += f" {name!r}" if isinstance(name, str) else f" no. {step + 1}"
        else:
            at = at.get(step) if isinstance(at, Mapping) else None
            words.append(step)
    return ": ".join(words)


def _what(error: ErrorDetails, model: type[BaseModel]) -> str:
    seen = error["input"]
    if error["type"] == "extra_forbidden":
        keys = _keys(_type_at(error["loc"][:-1], model))
        return f"no such key{_meant(str(error['loc'][-1]), keys)}"
    if error["type"] == "missing":
        return "missing"
    if error["type"] == "enum":
        kinds = _type_at(error["loc"], model)
        known = [kind.value for kind in kinds] if issubclass(kinds, StrEnum) else []
        return f"{seen!r} does not exist{did_you_mean(str(seen), known)}"
    says = error["msg"].removeprefix("Value error, ")
    return says if isinstance(seen, Mapping) else f"{seen!r}: {says}"


def _meant(word: str, keys: list[str]) -> str:
    near = difflib.get_close_matches(word, keys, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(keys))}"


def _keys(model: type) -> list[str]:
    if not issubclass(model, BaseModel):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _type_at(place: Place, model: type[BaseModel]) -> type:
    """Follow a place through the models, to the type that was expected there."""
    at: Any = model
    for step in place:
        if isinstance(step, int):
            at = get_args(at)[0]
        else:
            fields = {field.alias or name: field for name, field in at.model_fields.items()}
            at = fields[step].annotation
    return at if isinstance(at, type) else object
