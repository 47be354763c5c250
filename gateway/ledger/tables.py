"""The ledger's tables. How they came to be is in ``migrations/``; a test compares the two."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from hardware.clock import from_unix_us, to_unix_us

# Constraints that the code knows by name; NO_DOUBLE_BOOKING has it in every database.
NO_DOUBLE_BOOKING = "no_double_booking"
BOOKING_ONCE = "booking_once"
COMMAND_ONCE = "command_once"


class Moment(TypeDecorator[datetime]):
    """An aware datetime, exact to the microsecond.

    PostgreSQL has a type for it. SQLite has none, so there it is microseconds since 1970.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        return dialect.type_descriptor(
            DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger()
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Give what is stored."""
        if value is None or dialect.name == "postgresql":
            return value
        return to_unix_us(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back what was stored."""
        if value is None or isinstance(value, datetime):
            return value
        return from_unix_us(value)


metadata = MetaData()

_ID = String(36)  # UUIDs as text: they are read by people in logs and URLs

account = Table(
    "account",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("sites", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# Tokens themselves are never kept: who reads this table can sign in as nobody.
session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account", ForeignKey("account.name", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("sites", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# Numbers for the atomic spaces, because PostgreSQL's exclusion wants ranges of numbers.
space = Table(
    "space",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    UniqueConstraint("site", "name", name="space_once"),
)

booking = Table(
    "booking",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("site", String(40), nullable=False),
    Column("space", String(40), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("title", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by_kind", String(20), nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("cancelled_at", Moment),
    Column("idempotency_key", String(255)),
    Column("fingerprint", String(64)),
    CheckConstraint("starts_at < ends_at", name="booking_has_a_length"),
    UniqueConstraint("created_by_kind", "created_by", "idempotency_key", name=BOOKING_ONCE),
    Index("booking_by_time", "site", "starts_at", "id"),
)

# One row for each atomic space that a booking takes. `blocked` is the half-open interval
# [blocked_from, blocked_until): the booking with its buffers. No two active rows of one space may
# overlap; the migration says so to each database in its own way, as `no_double_booking`.
booking_part = Table(
    "booking_part",
    metadata,
    Column("booking", ForeignKey("booking.id", ondelete="CASCADE"), primary_key=True),
    Column("space", ForeignKey("space.id"), primary_key=True),
    Column("blocked_from", Moment, nullable=False),
    Column("blocked_until", Moment, nullable=False),
    Column("active", Boolean, nullable=False),
    CheckConstraint("blocked_from < blocked_until", name="blocked_has_a_length"),
    Index("booking_part_by_space", "space", "blocked_until"),
)

command = Table(
    "command",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("site", String(40), nullable=False),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor_kind", String(20), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("not_after", Moment, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("idempotency_key", String(255)),
    Column("fingerprint", String(64)),
    UniqueConstraint("actor_kind", "actor", "idempotency_key", name=COMMAND_ONCE),
    Index("command_by_ended", "ended"),
)

command_step = Table(
    "command_step",
    metadata,
    Column("command", ForeignKey("command.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("detail", Text, nullable=False),
)

# Who did what; the migration makes both databases refuse to change or delete a row.
log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor_kind", String(20), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("deed", String(40), nullable=False),
    Column("site", String(40), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("detail", Text, nullable=False),
)
