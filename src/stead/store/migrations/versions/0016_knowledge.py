"""What is known, and the indexes by which it and what is remembered are searched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SEARCHED = {"knowledge": ("title", "text"), "memory": ("text",)}


def upgrade() -> None:
    op.create_table(
        "knowledge",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), server_default="", nullable=False),
        sa.Column("commit", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), server_default="", nullable=False),
        sa.Column("fits", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("run", sa.Integer(), server_default="0", nullable=False),
        sa.Column("incident", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tainted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_knowledge")),
        sa.UniqueConstraint("source", "path", name=op.f("uq_knowledge_source")),
        sqlite_autoincrement=True,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, columns in _SEARCHED.items():
        for statement in _fts5(table, columns) if sqlite else [_gin(table, columns)]:
            op.execute(statement)


def _fts5(table: str, columns: tuple[str, ...]) -> list[str]:
    """https://www.sqlite.org/fts5.html#external_content_tables"""
    index, names = f"{table}_search", ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    add = f"INSERT INTO {index}(rowid, {names}) VALUES (new.number, {new});"  # noqa: S608
    drop = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', old.number, {old});"  # noqa: S608
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='{table}', content_rowid='number', tokenize='porter unicode61')",
        f"CREATE TRIGGER {index}_new AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {index}_gone AFTER DELETE ON {table} BEGIN {drop} END",
        f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {names} ON {table} BEGIN {drop} {add} END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",  # noqa: S608
    ]


def _gin(table: str, columns: tuple[str, ...]) -> str:
    text = " || ' ' || ".join(columns)
    return (
        f"CREATE INDEX ix_{table}_search ON {table} USING gin (to_tsvector('english', regexp_replace({text}, '[^[:alnum:]]+', ' ', 'g')))"
    )
