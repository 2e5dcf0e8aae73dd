"""What a run is for, where it looks, and what was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("goal", sa.Text(), server_default="incident", nullable=False))
    op.add_column("run", sa.Column("estate", sa.Text(), server_default="", nullable=False))
    op.add_column("run", sa.Column("question", sa.Text(), server_default="", nullable=False))
    op.execute(sa.text("UPDATE run SET goal = 'talk' WHERE session <> ''"))
