"""The tables of what people send, who they are, and which message of a chat shows what."""

from __future__ import annotations

import sqlalchemy as sa

from stead.store.columns import Instant, Words, metadata

remote_message = sa.Table(
    "remote_message",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("remote_id", Words, primary_key=True),
    sa.Column("delivery", sa.Integer, nullable=False, index=True),
)

inbound = sa.Table(
    "inbound",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("id", Words, primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("place", Words, nullable=False),
    sa.Column("chat", Words, nullable=False),
    sa.Column("thread", Words, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("attached", Words, nullable=False, server_default=""),
    sa.Column("answer", Words, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("session", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("question", sa.Integer, index=True),
)

pairing = sa.Table(
    "pairing",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("identity", Words, primary_key=True),
    sa.Column("person", sa.Text, nullable=False, index=True),
    sa.Column("shown", Words, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

pairing_code = sa.Table(
    "pairing_code",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

TABLES = (remote_message, inbound, pairing, pairing_code)
