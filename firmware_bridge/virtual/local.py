"""Unix sockets of a world: opened, served and put away in one place."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

_LAST_WORDS = 1.0  # seconds for conversations to end when the world does

Converse = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(path: Path, converse: Converse, *, longest: int) -> None:
    """Hold a conversation with everybody who connects, until cancelled.

    ``longest`` bounds a line in bytes. Who is connected at the end sees the connection close.
    """
    talking: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking[task] = writer
        try:
            await converse(reader, writer)
        except (OSError, ValueError):
            pass  # gone, or talking of something else: both end the conversation
        finally:
            del talking[task]
            writer.close()

    _make_room(path)
    server = await asyncio.start_unix_server(one, path, limit=longest)
    try:
        await server.serve_forever()
    finally:
        server.close()
        for writer in talking.values():
            writer.close()
        if talking:
            await asyncio.wait(talking, timeout=_LAST_WORDS)
        _put_away(path)


def _make_room(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def _put_away(path: Path) -> None:
    path.unlink(missing_ok=True)
