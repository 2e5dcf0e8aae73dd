"""What every run is told of an estate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brief",
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("generated", sa.Text(), server_default="{}", nullable=False),
        sa.Column("generated_at", sa.Text(), nullable=True),
        sa.Column("corrected", sa.Text(), server_default="{}", nullable=False),
        sa.Column("corrected_by", sa.Text(), server_default="", nullable=False),
        sa.Column("corrected_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("estate", name=op.f("pk_brief")),
    )
