"""The ledger as one thing."""

from gateway.ledger.accounts import Accounts
from gateway.ledger.bookings import Bookings
from gateway.ledger.commands import Commands
from gateway.ledger.database import Database


class Ledger:
    """Accounts, bookings and commands over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.bookings = Bookings(database)
        self.commands = Commands(database)

    def probe(self) -> None:
        """Check that the ledger can be written to.

        Raises:
            LedgerError: it cannot.
        """
        with self.database.writing():
            pass

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_ledger(url: str) -> Ledger:
    """Open the ledger; a database of our own is brought up to date first.

    Raises:
        ConfigError: a server's tables are not of the version that this program knows.
        LedgerError: the database cannot be reached.
    """
    database = Database(url)
    if database.migrates_itself:
        database.migrate()
    else:
        database.check_version()
    return Ledger(database)
