"""Accounts, the sessions of those who signed in, and the tokens of machines.

Of sessions and tokens only hashes are kept. They are 256 random bits, so that a fast hash without
salt is enough: there is nothing to guess.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.access import Principal, Role, Scope, machine, staff
from gateway.ledger import tables
from gateway.ledger.database import Database
from gateway.ledger.log import Deed, record
from hardware.command import Actor, ActorKind
from hardware.errors import ConfigError

SESSION_LIFETIME = timedelta(hours=12)  # a day at the counter: nobody is thrown out while at work
TOKEN_PREFIX = "kyoten_"  # noqa: S105 - so that a token that leaks into a repository is recognised

# Who does what is done on the machine itself, by whoever may run the program there.
OPERATOR = Actor(ActorKind.STAFF, "operator")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is kept."""

    name: str
    password_hash: str
    role: Role
    sites: frozenset[str]


class Accounts:
    """Accounts, sessions and tokens in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account, *, now: datetime) -> None:
        """Keep a new account.

        Raises:
            ConfigError: there is one of this name.
        """
        try:
            with self._database.writing() as connection:
                connection.execute(
                    insert(tables.account).values(
                        name=account.name,
                        password_hash=account.password_hash,
                        role=account.role,
                        sites=sorted(account.sites),
                        created_at=now,
                    )
                )
                record(connection, Deed(now, OPERATOR, "account.add", "", account.name))
        except IntegrityError:
            raise ConfigError(f"account {account.name!r} exists already") from None

    def find(self, name: str) -> Account | None:
        """Find an account by its name."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.account).where(tables.account.c.name == name)
            ).one_or_none()
        if row is None:
            return None
        return Account(row.name, row.password_hash, Role(row.role), frozenset(row.sites))

    def sign_in(self, account: Account, *, now: datetime) -> str:
        """Begin a session; give the token that names it, this once."""
        token = secrets.token_urlsafe(32)
        actor = Actor(ActorKind.STAFF, account.name)
        with self._database.writing() as connection:
            connection.execute(delete(tables.session).where(tables.session.c.expires_at <= now))
            connection.execute(
                insert(tables.session).values(
                    token_hash=_hash(token),
                    account=account.name,
                    expires_at=now + SESSION_LIFETIME,
                )
            )
            record(connection, Deed(now, actor, "sign_in", "", account.name))
        return token

    def sign_out(self, token: str, *, now: datetime) -> None:
        """End a session."""
        of_token = tables.session.c.token_hash == _hash(token)
        with self._database.writing() as connection:
            name = connection.scalar(select(tables.session.c.account).where(of_token))
            if name is not None:
                connection.execute(delete(tables.session).where(of_token))
                actor = Actor(ActorKind.STAFF, name)
                record(connection, Deed(now, actor, "sign_out", "", name))

    def of_session(self, token: str, *, now: datetime) -> Principal | None:
        """Say whose session this is; None if it is nobody's or over."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.account.c.name, tables.account.c.sites)
                .join(tables.session, tables.session.c.account == tables.account.c.name)
                .where(tables.session.c.token_hash == _hash(token))
                .where(tables.session.c.expires_at > now)
            ).one_or_none()
        return None if row is None else staff(row.name, frozenset(row.sites))

    def add_token(
        self, name: str, scopes: Iterable[Scope], sites: Iterable[str], *, now: datetime
    ) -> str:
        """Make a token for a machine; give it, this once.

        Raises:
            ConfigError: there is one of this name.
        """
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        try:
            with self._database.writing() as connection:
                connection.execute(
                    insert(tables.api_token).values(
                        name=name,
                        token_hash=_hash(token),
                        scopes=sorted(scopes),
                        sites=sorted(sites),
                        created_at=now,
                    )
                )
                record(connection, Deed(now, OPERATOR, "token.add", "", name))
        except IntegrityError:
            raise ConfigError(f"token {name!r} exists already") from None
        return token

    def of_token(self, token: str) -> Principal | None:
        """Say whose token this is; None if it is nobody's."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tables.api_token).where(tables.api_token.c.token_hash == _hash(token))
            ).one_or_none()
        if row is None:
            return None
        return machine(
            row.name, frozenset(Scope(scope) for scope in row.scopes), frozenset(row.sites)
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
