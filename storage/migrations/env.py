"""Alembic environment of every service; `storage.migrate` hands over the connection."""

from alembic import context

from storage.columns import house

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=house,  # for its naming convention
)
with context.begin_transaction():
    context.run_migrations()
