"""Alembic's environment: it is always handed a connection, and works in that transaction."""

from __future__ import annotations

from alembic import context

from stead.store.migrations import ours
from stead.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, include_name=ours)
context.run_migrations()
