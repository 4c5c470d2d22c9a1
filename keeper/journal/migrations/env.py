"""Alembic's entry: runs the revisions on the connection that `keeper.journal.schema` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="journal_version",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
