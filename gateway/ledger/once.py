"""The same request, sent twice, is carried out once: what an ``Idempotency-Key`` promises."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Once:
    """A key that the sender chose, and a fingerprint of what was sent with it."""

    key: str
    fingerprint: str


class KeyReusedError(ValueError):
    """The key came before, with another request."""
