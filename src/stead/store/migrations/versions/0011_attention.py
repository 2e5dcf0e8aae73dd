"""Who looks after an incident, who is away, and what the outbox keeps for later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("incident", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.Text(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False),
        sa.Column("ladder", sa.Text(), server_default="", nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_attention")),
    )
    op.create_table(
        "away",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_away")),
    )
    op.add_column("delivery", sa.Column("forgiven", sa.Integer(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("kept_for", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("told_in", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_delivery_channel"), "delivery", ["channel", "created_at"])
