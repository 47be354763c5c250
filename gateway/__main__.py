"""``python -m gateway``: the two programs, and what an operator does by hand."""

import argparse
import asyncio
import getpass
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from cloud_sync.stores.embedded import EmbeddedStore
from cloud_sync.stores.store import StoreError
from gateway.access import EVERY_SITE, Role, Scope
from gateway.config import Settings, read_settings
from gateway.ledger.errors import LedgerError
from hardware.clock import SystemClock
from hardware.errors import ConfigError
from hardware.table import did_you_mean

# FastAPI, SQLAlchemy and argon2 are imported where they are needed: the ingest does without them
# and without the 40 MB that they cost.
# ruff: noqa: PLC0415

CLOCK = SystemClock(boot="")  # only nodes tell their boots apart


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    )
    try:
        chosen.run(chosen, read_settings(chosen.config))
    except (ConfigError, StoreError, LedgerError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve(_chosen: argparse.Namespace, settings: Settings) -> None:
    from gateway.ledger.ledger import open_ledger
    from gateway.serve import serve

    ledger = open_ledger(settings.ledger.url)
    store = EmbeddedStore(settings.store.path)
    try:
        _run(lambda stop: serve(settings, store, ledger, CLOCK, stop))
    finally:
        store.close()
        ledger.close()


def _ingest(_chosen: argparse.Namespace, settings: Settings) -> None:
    from gateway.ingest import ingest

    store = EmbeddedStore(settings.store.path)
    broker = settings.broker.address()
    try:
        _run(lambda stop: ingest(broker, store, CLOCK, stop))
    finally:
        store.close()


def _run(program: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    """Run a program until SIGTERM or SIGINT; threads have ended when this returns."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await program(stop)

    asyncio.run(until_stopped())


def _migrate(_chosen: argparse.Namespace, settings: Settings) -> None:
    from gateway.ledger.database import Database

    database = Database(settings.ledger.url)
    try:
        database.migrate()
    finally:
        database.close()
    print("the ledger's tables are up to date")


def _account_add(chosen: argparse.Namespace, settings: Settings) -> None:
    from gateway.ledger.accounts import Account
    from gateway.ledger.ledger import open_ledger
    from gateway.passwords import Passwords

    sites = _sites(chosen.site, settings)
    hashed = Passwords().hash(_password())
    ledger = open_ledger(settings.ledger.url)
    try:
        account = Account(chosen.name, hashed, Role(chosen.role), sites)
        ledger.accounts.add(account, now=CLOCK.now())
    finally:
        ledger.close()
    print(f"account {chosen.name!r} may sign in at {settings.http.origin}")


def _token_add(chosen: argparse.Namespace, settings: Settings) -> None:
    from gateway.ledger.ledger import open_ledger

    sites = _sites(chosen.site, settings)
    ledger = open_ledger(settings.ledger.url)
    try:
        scopes = {Scope(scope) for scope in chosen.scope}
        print(ledger.accounts.add_token(chosen.name, scopes, sites, now=CLOCK.now()))
    finally:
        ledger.close()
    print("shown this once; it cannot be read again", file=sys.stderr)


def _check(chosen: argparse.Namespace, settings: Settings) -> None:
    """Try what the programs will rely on, and tell everything that is wrong at once."""
    from gateway.check import problems

    found = problems(settings)
    if found:
        raise ConfigError("\n".join(f"{chosen.config}: {problem}" for problem in found))
    spaces = sum(len(site.spaces) for site in settings.sites)
    print(f"{chosen.config}: fine; {len(settings.sites)} sites with {spaces} spaces")


def _sites(names: list[str], settings: Settings) -> frozenset[str]:
    """Check the sites that somebody named; none is every site."""
    known = [site.id for site in settings.sites]
    for name in names:
        if name not in known:
            raise ConfigError(f"--site: {name!r} does not exist{did_you_mean(name, known)}")
    return frozenset(names) or EVERY_SITE


def _password() -> str:
    """Ask for a password, or read it from the first line of standard input; never from argv."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise ConfigError("the two are not the same")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description="Kyoten's service.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(
        name: str, says: str, run: Callable[[argparse.Namespace, Settings], None]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=says, description=says)
        _finish(added, run)
        return added

    command("serve", "Serve HTTP: the board and the API.", _serve)
    command("ingest", "Take readings from the broker into the store.", _ingest)
    command("check", "Check the configuration.", _check)
    command("migrate", "Bring the ledger's tables up to date.", _migrate)
    account = commands.add_parser("account", help="Accounts of people.").add_subparsers(
        required=True, metavar="add"
    )
    add = account.add_parser("add", help="Add an account; the password comes from stdin.")
    add.add_argument("name")
    add.add_argument("--role", choices=[role.value for role in Role], required=True)
    add.add_argument("--site", action="append", default=[], help="repeat it; none is every site")
    _finish(add, _account_add)
    token = commands.add_parser("token", help="Tokens of machines.").add_subparsers(
        required=True, metavar="add"
    )
    add = token.add_parser("add", help="Add a token and print it, this once.")
    add.add_argument("name")
    add.add_argument(
        "--scope", action="append", choices=[scope.value for scope in Scope], required=True
    )
    add.add_argument("--site", action="append", default=[], help="repeat it; none is every site")
    _finish(add, _token_add)
    return parser


def _finish(
    parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace, Settings], None]
) -> None:
    parser.add_argument("--config", type=Path, default=Path("gateway.toml"), metavar="FILE")
    parser.set_defaults(run=run)


if __name__ == "__main__":
    sys.exit(main())
