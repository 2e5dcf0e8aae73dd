"""Silences, when each estate was taken on, and what an incident knows of its weight, its silence and its coming and going."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "silence",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_silence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_silence_ends_at"), "silence", ["ends_at"], unique=False)
    op.create_table(
        "estate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("adopted_at", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estate")),
    )
    for column in ("impact", "muted", "quiet_at"):
        op.add_column("incident", sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.add_column("incident", sa.Column("flapping_since", sa.Text(), nullable=True))
    # An estate of which something is known already was taken on before: its next fault is news, and no inventory.
    op.execute("INSERT INTO estate (id, adopted_at) SELECT estate, MIN(opened_at) FROM finding GROUP BY estate")
    # A message stays one message when its incident comes back: the conversation is the incident's, no longer its episode's.
    talk = "channel || ':' || incident"
    op.execute(f"UPDATE delivery SET conversation = {talk} WHERE conversation = {talk} || '.1'")  # noqa: S608
