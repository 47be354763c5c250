"""Enough TOML to write the demo's configurations: tables of texts, numbers, lists and pairs."""

import json
from collections.abc import Mapping
from typing import Any


def table(header: str, **entries: Any) -> str:
    """Give a table: its header, and a line for each entry."""
    lines = [f"{key} = {_value(value)}" for key, value in entries.items()]
    return "\n".join([header, *lines, ""])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {_value(part)}" for key, part in value.items())
        return f"{{ {pairs} }}"
    # A JSON text, number, truth value or list of these is the same in TOML.
    return json.dumps(value, ensure_ascii=False)
