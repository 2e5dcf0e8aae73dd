"""The audit chain in the database. Rows are only ever added, each in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.audit import GENESIS, Head, Row
from stead.store.codec import dumps
from stead.store.tables import audit

_LOCK = 0x5EAD
"""Key of PostgreSQL's advisory lock: two transactions must not add the same row. SQLite has one writer anyway."""

_PAGE = 1000

KINDS: Mapping[str, str] = {
    "decision.evidence": "evidence",
    "decision.made": "decision",
    "approval.asked": "approval",
    "approval.decided": "approval",
    "approval.void": "approval",
    "approval.seconded": "approval",
    "action.intent": "intent",
    "action.outcome": "outcome",
    "action.proof": "proof",
    "action.followed": "followed",
    "proposal.refused": "refusal",
    "stop.thrown": "stop",
    "stop.lifted": "stop",
    "policy.changed": "policy",
    "policy.broken": "policy",
}
"""The events that are audited, and as what."""

SYSTEM = "system:stead"


def append(
    connection: sa.Connection, kind: str, *, at: datetime, principal: str, incident: int | None, action: str, body: Mapping[str, Any]
) -> Row:
    """Add a row at the end of the chain."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    text = dumps(dict(body)).encode(errors="replace").decode().replace("\0", "?")
    who = principal.encode(errors="replace").decode().replace("\0", "?")
    seq, before = (1, GENESIS) if last is None else (last.seq + 1, last.hash)
    row = Row(seq=seq, at=at, kind=kind, principal=who, incident=incident, action=action, body=text, before=before)
    row = replace(row, hash=row.hashed())
    values = {name: getattr(row, name) for name in ("seq", "at", "kind", "principal", "incident", "action", "body", "before", "hash")}
    connection.execute(sa.insert(audit).values(**values))
    return row


def head(connection: sa.Connection, now: datetime) -> Head | None:
    """Where the chain ends; None before its first row."""
    row = connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return None if row is None else Head(seq=row.seq, hash=row.hash, at=now)


def rows(connection: sa.Connection, *, after: int = 0, action: str = "", incident: int | None = None) -> Iterator[Row]:
    """Rows in the order of the chain, a page at a time: all, of one action, or of one incident."""
    while True:
        query = sa.select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_PAGE)
        if action:
            query = query.where(audit.c.action == action)
        if incident is not None:
            query = query.where(audit.c.incident == incident)
        page = [_row(found) for found in connection.execute(query)]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].seq


def _row(found: sa.Row[tuple[object, ...]]) -> Row:
    return Row(
        seq=found.seq,
        at=found.at,
        kind=found.kind,
        principal=found.principal,
        incident=found.incident,
        action=found.action,
        body=found.body,
        before=found.before,
        hash=found.hash,
    )
