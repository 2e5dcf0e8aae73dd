"""Triggers are found by their state: those that wait, at every sighting, and those that are done, when they are let go of."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_trigger_state"), "trigger", ["state", "at"], unique=False)
