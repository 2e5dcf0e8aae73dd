"""What people send, who they are, and which message of a chat shows what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("session", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "remote_message",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "remote_id", name=op.f("pk_remote_message")),
    )
    op.create_index(op.f("ix_remote_message_delivery"), "remote_message", ["delivery"])
    op.create_table(
        "inbound",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attached", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), server_default="", nullable=False),
        sa.Column("question", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "id", name=op.f("pk_inbound")),
    )
    for column in ("at", "session", "question"):
        op.create_index(op.f(f"ix_inbound_{column}"), "inbound", [column])
    op.create_table(
        "pairing",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "identity", name=op.f("pk_pairing")),
    )
    op.create_index(op.f("ix_pairing_person"), "pairing", ["person"])
    op.create_table(
        "pairing_code",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_code")),
    )
