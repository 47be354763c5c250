"""The key that signs commands: made once, kept in a file that only the service can read."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from hardware.errors import ConfigError

_OTHERS = 0o077  # permission bits of group and others


def signing_key(file: Path) -> Ed25519PrivateKey:
    """Read the key, or make it on the first start.

    Raises:
        ConfigError: the file is no such key, or others than its owner may read it.
    """
    if not file.exists():
        _make(file)
    if file.stat().st_mode & _OTHERS:
        raise ConfigError(
            f"signing.key_file: {file} can be read by others than its owner; "
            f"whoever reads it can open doors: chmod 600 {file}"
        )
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, OSError) as error:
        raise ConfigError(f"signing.key_file: {file} is no private key in PEM: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"signing.key_file: {file} is not an Ed25519 key")
    return key


def _make(file: Path) -> None:
    """Write a new key; it is never readable by others, not even for a moment."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another program of the service came first
    except OSError as error:
        raise ConfigError(f"signing.key_file: cannot make {file}: {error}") from None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(pem)
