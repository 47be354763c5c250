"""What the programs rely on besides the form of the file; tried without changing anything."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.config import Settings
from gateway.ledger.database import Database
from gateway.ledger.errors import LedgerError
from gateway.signing import signing_key
from hardware.errors import ConfigError


def problems(settings: Settings) -> list[str]:
    """List everything that would keep the programs from starting."""
    return [
        problem
        for check in (_broker, _signing, _store, _ledger)
        for problem in _told(check, settings)
    ]


def _told(check: Callable[[Settings], None], settings: Settings) -> Iterator[str]:
    try:
        check(settings)
    except (ConfigError, LedgerError) as error:
        yield str(error)


def _broker(settings: Settings) -> None:
    address = settings.broker.address()
    if address.tls:
        address.tls_context()


def _signing(settings: Settings) -> None:
    if settings.signing.key_file.exists():
        signing_key(settings.signing.key_file)
    else:
        _folder("signing.key_file", settings.signing.key_file)


def _store(settings: Settings) -> None:
    _folder("store.path", settings.store.path)


def _ledger(settings: Settings) -> None:
    if settings.ledger.file is not None:
        _folder("ledger.url", settings.ledger.file)
        return
    database = Database(settings.ledger.url)
    try:
        database.check_version()
    finally:
        database.close()


def _folder(key: str, file: Path) -> None:
    """Check that a file can be made, or made together with its folder."""
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"{key}: {file}: nothing can be written in {folder}")
