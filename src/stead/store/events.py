"""The append-only record of what happened. The demo's view, the SSE stream, `show` and `why` read only this."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.store import audit
from stead.store.codec import dumps, loads
from stead.store.tables import event


def record(
    connection: sa.Connection,
    name: str,
    *,
    at: datetime,
    estate: str,
    incident: int | None = None,
    run: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append one event, named as DECISIONS.md lists them (`finding.opened` … `run.step`). `data` is JSON.

    What tells of a decision or a deed is added to the audit chain as well, in the same transaction.
    """
    said = dict(data or {})
    connection.execute(sa.insert(event).values(at=at, estate=estate, incident=incident, run=run, name=name, data=dumps(said)))
    if (kind := audit.KINDS.get(name)) is not None:
        who = str(said.get("by") or audit.SYSTEM)
        audit.append(connection, kind, at=at, principal=who, incident=incident, action=run, body={"event": name, **said})


def after(connection: sa.Connection, seq: int, limit: int = 500, incident: int | None = None, run: str = "") -> list[dict[str, Any]]:
    """Events with a greater `seq`, oldest first, as JSON-ready rows."""
    query = sa.select(event).where(event.c.seq > seq).order_by(event.c.seq).limit(limit)
    if incident is not None:
        query = query.where(event.c.incident == incident)
    if run:
        query = query.where(event.c.run == run)
    return [
        {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "estate": row.estate,
            "incident": row.incident,
            "run": row.run,
            "name": row.name,
            "data": loads(row.data, dict[str, Any]),
        }
        for row in connection.execute(query)
    ]


def latest(connection: sa.Connection) -> int:
    """The greatest `seq`; 0 before the first event."""
    return connection.execute(sa.select(sa.func.coalesce(sa.func.max(event.c.seq), 0))).scalar_one()
