"""Alembic's entry: run the steps on the connection that ``gateway.ledger.schema`` hands over."""

from alembic import context

from gateway.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
