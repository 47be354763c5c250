"""One database, SQLite or PostgreSQL: opened, brought up to date, and asked safely."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.ledger.errors import LedgerError
from hardware.errors import ConfigError

BUSY_WITHIN = 10.0  # seconds; a writer holds SQLite for milliseconds
CONNECTIONS = 10  # kept open; a burst may open three times as many
_CONNECT_WITHIN = 5  # seconds to a PostgreSQL server

_MIGRATIONS = "gateway.ledger:migrations"


class Database:
    """Gives connections, each in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    @property
    def migrates_itself(self) -> bool:
        """Whether this program alone has the database, so that it may change its tables."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes: all of it or nothing.

        Raises:
            LedgerError: the database cannot be reached or cannot write.
        """
        with _trouble_told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and waits for no writer.

        Raises:
            LedgerError: the database cannot be reached.
        """
        with _trouble_told(), self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    def migrate(self) -> None:
        """Bring the tables up to date."""
        with _trouble_told(), self._engine.begin() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check_version(self) -> None:
        """Check that the tables are those that this program knows.

        Raises:
            ConfigError: they are older or newer; the text says what to do.
        """
        with self.reading() as connection:
            seen = MigrationContext.configure(connection).get_current_revision()
        known = ScriptDirectory.from_config(_alembic()).get_current_head()
        if seen != known:
            raise ConfigError(
                f"ledger: its tables are of version {seen or 'none'}, this program knows {known};"
                " run `python -m gateway migrate`, or update the program"
            )

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=2 * CONNECTIONS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_WITHIN},
        )
    _make_private(Path(make_url(url).database or ""))
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=2 * CONNECTIONS,
        connect_args={"timeout": BUSY_WITHIN},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Make the file, for its owner only: it holds names and the hashes of passwords."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise LedgerError(f"the ledger {file} cannot be made: {error.strerror}") from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 must not begin by itself; _begin_sqlite does
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """Begin; a writer takes the lock at once, else two of them could wait for each other."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _trouble_told() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise  # a rule was broken: whoever wrote knows which and what it means
    except (DBAPIError, PoolTimeoutError) as error:
        raise LedgerError(f"the ledger cannot do this now: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().splitlines()[0]
