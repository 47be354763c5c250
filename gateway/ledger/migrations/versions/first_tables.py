"""The first tables.

Revision: 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

from gateway.ledger.tables import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, and the two rules that the databases themselves hold."""
    _accounts()
    _bookings()
    _commands()
    _log()
    if op.get_bind().dialect.name == "postgresql":
        _rules_of_postgresql()
    else:
        _rules_of_sqlite()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("sites", sa.JSON, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "account",
            sa.String(80),
            sa.ForeignKey("account.name", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_table(
        "api_token",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("sites", sa.JSON, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
    )


def _bookings() -> None:
    op.create_table(
        "space",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.UniqueConstraint("site", "name", name="space_once"),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("space", sa.String(40), nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("ends_at", Moment, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by_kind", sa.String(20), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("cancelled_at", Moment),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("fingerprint", sa.String(64)),
        sa.CheckConstraint("starts_at < ends_at", name="booking_has_a_length"),
        sa.UniqueConstraint(
            "created_by_kind", "created_by", "idempotency_key", name="booking_once"
        ),
    )
    op.create_index("booking_by_time", "booking", ["site", "starts_at", "id"])
    op.create_table(
        "booking_part",
        sa.Column(
            "booking",
            sa.String(36),
            sa.ForeignKey("booking.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("space", sa.Integer, sa.ForeignKey("space.id"), primary_key=True),
        sa.Column("blocked_from", Moment, nullable=False),
        sa.Column("blocked_until", Moment, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.CheckConstraint("blocked_from < blocked_until", name="blocked_has_a_length"),
    )
    op.create_index("booking_part_by_space", "booking_part", ["space", "blocked_until"])


def _commands() -> None:
    op.create_table(
        "command",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("node", sa.String(40), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("not_after", Moment, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("fingerprint", sa.String(64)),
        sa.UniqueConstraint("actor_kind", "actor", "idempotency_key", name="command_once"),
    )
    op.create_index("command_by_ended", "command", ["ended"])
    op.create_table(
        "command_step",
        sa.Column(
            "command",
            sa.String(36),
            sa.ForeignKey("command.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


def _log() -> None:
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("deed", sa.String(40), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


def _rules_of_postgresql() -> None:
    op.execute(
        "ALTER TABLE booking_part ADD COLUMN blocked tstzrange NOT NULL"
        " GENERATED ALWAYS AS (tstzrange(blocked_from, blocked_until, '[)')) STORED"
    )
    # A range of one number instead of the number: = in a gist index would need an extension.
    op.execute(
        "ALTER TABLE booking_part ADD CONSTRAINT no_double_booking"
        " EXCLUDE USING gist (int4range(space, space, '[]') WITH &&, blocked WITH &&)"
        " WHERE (active)"
    )
    op.execute(
        "CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log"
        " FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()"
    )


def _rules_of_sqlite() -> None:
    # A trigger holds for every writer and every kind of insert, OR IGNORE and OR REPLACE included.
    clash = (
        "SELECT RAISE(ABORT, 'no_double_booking') WHERE EXISTS (SELECT 1 FROM booking_part"
        " WHERE space = NEW.space AND active AND blocked_from < NEW.blocked_until"
        " AND NEW.blocked_from < blocked_until{but});"
    )
    op.execute(
        "CREATE TRIGGER no_double_booking_insert BEFORE INSERT ON booking_part WHEN NEW.active"
        f" BEGIN {clash.format(but='')} END"
    )
    op.execute(
        "CREATE TRIGGER no_double_booking_update BEFORE UPDATE ON booking_part WHEN NEW.active"
        f" BEGIN {clash.format(but=' AND rowid <> OLD.rowid')} END"
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER log_is_append_only_{deed.lower()} BEFORE {deed} ON log"
            " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )
