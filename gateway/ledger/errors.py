"""What can go wrong with the ledger; here, so that to know it costs no SQLAlchemy."""


class LedgerError(RuntimeError):
    """The ledger cannot do this now (disk full, server away): nothing was changed; try again."""
