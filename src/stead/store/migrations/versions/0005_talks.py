"""Sessions that are talked in: questions with what was sent along, their answers, and the runs that found them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("session", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_run_session"), "run", ["session"], unique=False)
    for column in ("agent", "estate", "title", "summary"):
        op.add_column("session", sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.add_column("session", sa.Column("summed", sa.Integer(), server_default="0", nullable=False))
    for column in ("used_at", "ended_at"):
        op.add_column("session", sa.Column(column, sa.Text(), nullable=True))
    op.add_column("session_message", sa.Column("attached", sa.Text(), server_default="", nullable=False))
    for column in ("run", "answers"):
        op.add_column("session_message", sa.Column(column, sa.Integer(), nullable=True))
    op.add_column("session_message", sa.Column("key", sa.Text(), nullable=True))
    op.create_index(op.f("ix_session_message_run"), "session_message", ["run"], unique=False)
    op.create_index("uq_session_message_key", "session_message", ["session", "key"], unique=True)
    op.create_index("uq_session_message_answers", "session_message", ["answers"], unique=True)
