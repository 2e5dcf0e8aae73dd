"""The tables of what is known: entries of knowledge, and the estates' briefs."""

from __future__ import annotations

import sqlalchemy as sa

from stead.store.columns import Instant, Words, metadata, number

knowledge = sa.Table(
    "knowledge",
    metadata,
    number(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("path", Words, nullable=False),
    sa.Column("stamp", sa.Text, nullable=False, server_default=""),
    sa.Column("commit", sa.Text, nullable=False, server_default=""),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", Words, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("strategy", Words, nullable=False, server_default=""),
    sa.Column("fits", Words, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("author", Words, nullable=False, server_default=""),
    sa.Column("run", sa.Integer, nullable=False, server_default="0"),
    sa.Column("incident", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tainted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("decided_by", Words, nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.UniqueConstraint("source", "path"),
    sqlite_autoincrement=True,
)

brief = sa.Table(
    "brief",
    metadata,
    sa.Column("estate", sa.Text, primary_key=True),
    sa.Column("generated", Words, nullable=False, server_default="{}"),
    sa.Column("generated_at", Instant),
    sa.Column("corrected", Words, nullable=False, server_default="{}"),
    sa.Column("corrected_by", Words, nullable=False, server_default=""),
    sa.Column("corrected_at", Instant),
)
