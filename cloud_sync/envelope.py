"""Signed envelopes: a command can come only from somebody whose key the node knows.

The signature (Ed25519) is over the exact bytes of the body, so that nobody needs to agree on a
canonical JSON. The body is read only after the signature has been found good.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cloud_sync.receipt import BadMessageError
from hardware.clock import from_unix_us, to_unix_us
from hardware.command import Ack, Action, Actor, ActorKind, Command, Outcome


class UnknownSignerError(BadMessageError):
    """The envelope is signed by nobody we know, or has been changed."""


class Signer:
    """Signs in the name of one key."""

    def __init__(self, key_id: str, key: Ed25519PrivateKey) -> None:
        self._key_id = key_id
        self._key = key

    def seal(self, body: bytes) -> bytes:
        """Put a body into a signed envelope."""
        envelope = {
            "key": self._key_id,
            "signature": base64.b64encode(self._key.sign(body)).decode(),
            "body": body.decode(),
        }
        return json.dumps(envelope, ensure_ascii=False).encode()


class Verifier:
    """Opens envelopes of those whose public keys it has been given."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    def open(self, payload: bytes) -> bytes:
        """Give the body of an envelope whose signature is good.

        Raises:
            UnknownSignerError: the key is unknown or the signature does not hold.
            BadMessageError: it is no envelope.
        """
        try:
            envelope = json.loads(payload)
            key_id, body = str(envelope["key"]), str(envelope["body"]).encode()
            signature = base64.b64decode(envelope["signature"], validate=True)
        except (ValueError, TypeError, KeyError) as error:
            raise BadMessageError(f"not an envelope: {error!r}") from None
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownSignerError(f"signed with key {key_id!r}, which this node does not know")
        try:
            key.verify(signature, body)
        except InvalidSignature:
            raise UnknownSignerError(f"the signature of key {key_id!r} does not hold") from None
        return body


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key written as base64 of its 32 bytes.

    Raises:
        ValueError: it is none.
    """
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def public_text(key: Ed25519PrivateKey) -> str:
    """Write the public half of a key as base64 of its 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


# Commands and acks as JSON ----------------------------------------------------------------------


def write_command(command: Command) -> bytes:
    """Give the body that is signed."""
    return json.dumps(
        {
            "id": command.id,
            "device": command.device,
            "action": command.action.value,
            "issued_at_us": to_unix_us(command.issued_at),
            "not_after_us": to_unix_us(command.not_after),
            "actor": {"kind": command.actor.kind.value, "name": command.actor.name},
            "reason": command.reason,
        },
        ensure_ascii=False,
    ).encode()


def read_command(body: bytes) -> Command:
    """Read the body of a command.

    Raises:
        BadMessageError: it is none.
    """
    try:
        entries = json.loads(body)
        return Command(
            id=str(entries["id"]),
            device=str(entries["device"]),
            action=Action(entries["action"]),
            issued_at=_moment(entries["issued_at_us"]),
            not_after=_moment(entries["not_after_us"]),
            actor=Actor(ActorKind(entries["actor"]["kind"]), str(entries["actor"]["name"])),
            reason=str(entries["reason"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BadMessageError(f"not a command: {error!r}") from None


def write_ack(ack: Ack) -> bytes:
    """Give the JSON of an ack."""
    return json.dumps(
        {
            "command": ack.command,
            "outcome": ack.outcome.value,
            "at_us": to_unix_us(ack.at),
            "detail": ack.detail,
        },
        ensure_ascii=False,
    ).encode()


def read_ack(payload: bytes) -> Ack:
    """Read an ack.

    Raises:
        BadMessageError: it is none.
    """
    try:
        entries = json.loads(payload)
        return Ack(
            command=str(entries["command"]),
            outcome=Outcome(entries["outcome"]),
            at=_moment(entries["at_us"]),
            detail=str(entries["detail"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BadMessageError(f"not an ack: {error!r}") from None


def _moment(unix_us: object) -> datetime:
    if not isinstance(unix_us, int):
        raise TypeError(f"{unix_us!r} is not a time in microseconds")
    return from_unix_us(unix_us)
