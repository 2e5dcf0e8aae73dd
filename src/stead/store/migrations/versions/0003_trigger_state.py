"""Which triggers wait is asked with every change that is seen, and years of finished ones lie beside them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_trigger_state"), "trigger", ["state"], unique=False)
