"""``Idempotency-Key``: a request that is sent again after a broken answer is carried out once."""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from gateway.api.problems import Problem
from gateway.ledger.once import KeyReusedError, Once

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by you; the same request with the same key is carried out once.",
    ),
]


def once(key: str | None, *request: BaseModel | str) -> Once | None:
    """Bind a key to what was sent with it."""
    if key is None:
        return None
    parts = [part if isinstance(part, str) else part.model_dump_json() for part in request]
    return Once(key, hashlib.sha256("\n".join(parts).encode()).hexdigest())


def reused(error: KeyReusedError) -> Problem:
    """Say that a key came before with another request."""
    return Problem(422, "key-reused", str(error))
