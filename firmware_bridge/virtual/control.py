"""A Unix socket at which a world takes orders: one JSON object a line, one answer a line."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.local import serve
from hardware.errors import ConfigError

Obey = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_LONGEST = 4096  # bytes of an order


async def serve_control(path: Path, obey: Obey) -> None:
    """Take orders until cancelled. What cannot be obeyed is answered with ``error``."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(_answer(line, obey)).encode() + b"\n")
            await writer.drain()

    await serve(path, converse, longest=_LONGEST)


def _answer(line: bytes, obey: Obey) -> Mapping[str, Any]:
    try:
        order = json.loads(line)
    except ValueError as error:
        return {"error": f"not JSON: {error}"}
    if not isinstance(order, dict):
        return {"error": "an order is a JSON object"}
    try:
        return {"ok": True, **obey(order)}
    except ConfigError as error:
        return {"error": str(error)}
