"""Every table of Stead's own. The durable engine keeps its tables in the same database, and Alembic leaves those alone.

Times are ISO-8601 text in UTC with microseconds: they sort, they read, and they are the same on SQLite and PostgreSQL. Whole values
(findings, requests, messages) are JSON of the domain's own types; what is searched for is a column.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.store import chat_tables, job_tables
from stead.store.columns import Instant, Serial, Words, metadata, number
from stead.store.known_tables import brief as brief
from stead.store.known_tables import knowledge as knowledge

trigger = sa.Table(
    "trigger",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("estate", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index(None, "state", "at"),
)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("estate", sa.Text, nullable=False),
    sa.Column("check", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("incident", sa.Integer, index=True),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("closed_at", Instant, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("hook", sa.Text, primary_key=True),
    sa.Column("key", Words, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False, index=True),
    sa.Column("estate", sa.Text, nullable=False),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("until", Instant, index=True),
    sa.Column("ended_at", Instant, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("last_at", Instant),
    sa.Column("started_at", Instant),
    sa.Column("down", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("code", sa.Integer),
    sa.Column("said", Words, nullable=False),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("seq", Serial, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("refused", Words, nullable=False),
)
"""On SQLite it is the one table of a file of its own, and stays empty here."""

inbox_taken = sa.Table("inbox_taken", metadata, sa.Column("id", sa.Text, primary_key=True))

incident = sa.Table(
    "incident",
    metadata,
    number(),
    sa.Column("estate", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("title", Words, nullable=False),
    sa.Column("cause", sa.Text, nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("segment", sa.Integer, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("moved_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("note", Words, nullable=False, server_default=""),
    sa.Column("impact", Words, nullable=False, server_default=""),
    sa.Column("muted", Words, nullable=False, server_default=""),
    sa.Column("quiet_at", sa.Text, nullable=False, server_default=""),
    sa.Column("flapping_since", Instant),
    sqlite_autoincrement=True,
)

silence = sa.Table(
    "silence",
    metadata,
    number(),
    sa.Column("matchers", Words, nullable=False),
    sa.Column("author", Words, nullable=False),
    sa.Column("comment", Words, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, index=True),
    sqlite_autoincrement=True,
)

estate = sa.Table(
    "estate",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("adopted_at", Instant, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False, server_default=""),
)

action = sa.Table(
    "action",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident", sa.Integer, nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("target", sa.Text, nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("note", Words, nullable=False, server_default=""),
    sa.Column("quiet", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("replicas", sa.Integer),
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("intended_at", Instant),
    sa.Column("applied_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("undo", sa.Text),
    sa.Column("facts", sa.Text),
    sa.Column("preview", Words, nullable=False, server_default="[]"),
)

switch = sa.Table(
    "switch",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", Words, nullable=False),
    sa.Column("reason", Words, nullable=False, server_default=""),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", Serial, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("principal", Words, nullable=False),
    sa.Column("incident", sa.Integer),
    sa.Column("action", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("body", Words, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

approval = sa.Table(
    "approval",
    metadata,
    number(),
    sa.Column("action", sa.Text, nullable=False, unique=True),
    sa.Column("incident", sa.Integer, nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", Words, nullable=False, server_default=""),
    sa.Column("people", sa.Integer, nullable=False, server_default="1"),
    sa.Column("first_by", Words, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("incident", sa.Integer, nullable=False, index=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("conversation", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("taken_by", sa.Text, nullable=False, server_default=""),
    sa.Column("remote_id", Words, nullable=False, server_default=""),
    sa.Column("error", Words, nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("forgiven", sa.Integer, nullable=False, server_default="0"),
    sa.Column("kept_for", sa.Text, nullable=False, server_default=""),
    sa.Column("told_in", sa.Integer, nullable=False, server_default="0"),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("place", Words, nullable=False, server_default=""),
    sa.Column("session", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("conversation", "position"),
    sa.Index(None, "channel", "created_at"),
    sqlite_autoincrement=True,
)

attention = sa.Table(
    "attention",
    metadata,
    sa.Column("incident", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", Words, nullable=False, server_default=""),
    sa.Column("ladder", Words, nullable=False, server_default=""),
    sa.Column("step", sa.Integer, nullable=False, server_default="0"),
)

away = sa.Table(
    "away",
    metadata,
    sa.Column("receiver", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False),
    sa.Column("by", Words, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", Serial, primary_key=True, autoincrement=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("estate", sa.Text, nullable=False),
    sa.Column("incident", sa.Integer, index=True),
    sa.Column("run", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

due = sa.Table(
    "due",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.UniqueConstraint("kind", "ref"),
    sqlite_autoincrement=True,
)

run = sa.Table(
    "run",
    metadata,
    number(),
    sa.Column("incident", sa.Integer, nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("segment", sa.Integer, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False, server_default=""),
    sa.Column("session", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("goal", sa.Text, nullable=False, server_default="incident"),
    sa.Column("estate", sa.Text, nullable=False, server_default=""),
    sa.Column("question", Words, nullable=False, server_default=""),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("ending", sa.Text, nullable=False, server_default=""),
    sa.Column("note", Words, nullable=False, server_default=""),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("spent", sa.Text, nullable=False, server_default="{}"),
    sa.Column("brief", sa.Text),
    sa.Column("conclusion", sa.Text),
    sqlite_autoincrement=True,
)

run_step = sa.Table(
    "run_step",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("run", "key"),
    sqlite_autoincrement=True,
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("incident", sa.Integer, nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.BigInteger, nullable=False),
    sa.Column("tokens_out", sa.BigInteger, nullable=False),
    sa.Column("cached", sa.BigInteger, nullable=False),
    sa.Column("money", sa.Float(53), nullable=False),
    sa.Column("seconds", sa.Float(53), nullable=False),
    sa.UniqueConstraint("run", "key"),
    sqlite_autoincrement=True,
)

memory = sa.Table(
    "memory",
    metadata,
    number(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("author", Words, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("run", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tainted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("decided_by", Words, nullable=False, server_default=""),
    sa.Column("expires_at", Instant),
    sqlite_autoincrement=True,
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("incident", sa.Integer, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    sa.Column("estate", sa.Text, nullable=False, server_default=""),
    sa.Column("title", Words, nullable=False, server_default=""),
    sa.Column("summary", Words, nullable=False, server_default=""),
    sa.Column("summed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("used_at", Instant),
    sa.Column("ended_at", Instant),
)

session_message = sa.Table(
    "session_message",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session", sa.Text, sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("attached", Words, nullable=False, server_default=""),
    sa.Column("run", sa.Integer, index=True),
    sa.Column("answers", sa.Integer),
    sa.Column("key", sa.Text),
    sa.Index("uq_session_message_key", "session", "key", unique=True),
    sa.Index("uq_session_message_answers", "answers", unique=True),
    sqlite_autoincrement=True,
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("used_at", Instant),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
)

OURS = frozenset({*metadata.tables, *(table.name for table in (*job_tables.TABLES, *chat_tables.TABLES))})
"""The names of Stead's tables; whatever else the database holds belongs to the durable engine."""
