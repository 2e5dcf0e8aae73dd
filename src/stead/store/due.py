"""What is due, and when: rows instead of sleeping workflows, so that a restart, an upgrade or a stepped clock loses nothing.

A row is claimed by deleting it in the transaction that enqueues its workflow: whoever deletes it is the one, and only one can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stead.store.tables import due


@dataclass(frozen=True, slots=True)
class Due:
    """`kind` names the workflow to run, `ref` what it is about, `workflow` the id under which it runs."""

    id: int
    kind: str
    ref: str
    workflow: str
    at: datetime


def schedule(connection: sa.Connection, kind: str, ref: str, at: datetime, workflow: str) -> None:
    """Have `kind` run for `ref` at `at`. One that is waiting already keeps the earlier time."""
    present = connection.execute(sa.select(due.c.id, due.c.at).where(due.c.kind == kind, due.c.ref == ref)).first()
    if present is None:
        connection.execute(sa.insert(due).values(kind=kind, ref=ref, at=at, workflow=workflow))
    elif at < present.at:
        connection.execute(sa.update(due).where(due.c.id == present.id).values(at=at, workflow=workflow))


def cancel(connection: sa.Connection, kind: str, ref: str) -> None:
    connection.execute(sa.delete(due).where(due.c.kind == kind, due.c.ref == ref))


def next_at(connection: sa.Connection) -> datetime | None:
    """When the first row is due; None when nothing is."""
    return connection.execute(sa.select(due.c.at).order_by(due.c.at).limit(1)).scalar()


def ready(connection: sa.Connection, now: datetime, limit: int = 100) -> list[Due]:
    """The rows that are due, oldest first."""
    query = sa.select(due).where(due.c.at <= now).order_by(due.c.at, due.c.id).limit(limit)
    return [Due(row.id, row.kind, row.ref, row.workflow, row.at) for row in connection.execute(query)]


def claim(connection: sa.Connection, row: Due) -> bool:
    """Take the row. False when somebody else has."""
    return connection.execute(sa.delete(due).where(due.c.id == row.id)).rowcount == 1


def waiting(connection: sa.Connection, kind: str, ref: str) -> bool:
    return connection.execute(sa.select(due.c.id).where(due.c.kind == kind, due.c.ref == ref)).first() is not None
