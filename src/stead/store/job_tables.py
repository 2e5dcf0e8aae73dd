"""The tables of jobs and of their runs."""

from __future__ import annotations

import sqlalchemy as sa

from stead.store.columns import Instant, Words, metadata, number

job = sa.Table(
    "job",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("written", sa.Text),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("source", Words, nullable=False, server_default=""),
    sa.Column("next_at", Instant),
    sa.Column("paused_at", Instant),
    sa.Column("paused_by", Words, nullable=False, server_default=""),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", Words, nullable=False, server_default=""),
    sa.Column("deleted_at", Instant),
    sa.Column("trouble", Words, nullable=False, server_default=""),
    sa.Column("trouble_run", sa.Integer, nullable=False, server_default="0"),
)

job_run = sa.Table(
    "job_run",
    metadata,
    number(),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_by", Words, nullable=False, server_default=""),
    sa.Column("dry_run", sa.Integer, nullable=False, server_default="0"),
    sa.Column("missed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("began_at", Instant),
    sa.Column("ended_at", Instant, index=True),
    sa.Column("exit", sa.Integer),
    sa.Column("output", Words, nullable=False, server_default=""),
    sa.Column("silent", Words, nullable=False, server_default=""),
    sa.Column("note", Words, nullable=False, server_default=""),
    sa.Column("run", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tainted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("spent", sa.Text, nullable=False, server_default="{}"),
    sa.Index(None, "job", "number"),
    sqlite_autoincrement=True,
)

TABLES = (job, job_run)
