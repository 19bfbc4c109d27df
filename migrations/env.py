"""Alembic's environment. The connection comes from softswitch.store.migrate, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
