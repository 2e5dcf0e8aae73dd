"""Entries of memory, each with where it comes from; what was rejected is kept, so that it is not proposed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.memory import Memory, MemoryKind, MemoryState
from stead.store.search import best
from stead.store.tables import memory


def add(
    connection: sa.Connection,
    *,
    kind: MemoryKind,
    text: str,
    state: MemoryState,
    author: str,
    now: datetime,
    run: int = 0,
    tainted: bool = False,
    expires_at: datetime | None = None,
) -> Memory:
    values = {
        "kind": kind.value,
        "text": text,
        "state": state.value,
        "author": author,
        "created_at": now,
        "run": run,
        "tainted": int(tainted),
        "expires_at": expires_at,
    }
    number = connection.execute(sa.insert(memory).values(**values).returning(memory.c.number)).scalar_one()
    return get(connection, number)


def find(connection: sa.Connection, number: int) -> Memory | None:
    row = connection.execute(sa.select(memory).where(memory.c.number == number)).first()
    return None if row is None else _memory(row)


def get(connection: sa.Connection, number: int) -> Memory:
    """KeyError when there is none."""
    found = find(connection, number)
    if found is None:
        raise KeyError(number)
    return found


def listed(connection: sa.Connection) -> Sequence[Memory]:
    """All of them, oldest first."""
    return [_memory(row) for row in connection.execute(sa.select(memory).order_by(memory.c.number))]


def search(connection: sa.Connection, words: Sequence[str], most: int) -> list[Memory]:
    """Whatever holds one of the words, in any state, best first."""
    return [found for number in best(connection, "memory", words, most) if (found := find(connection, number)) is not None]


def change(connection: sa.Connection, number: int, *, text: str | None = None, state: MemoryState | None = None, by: str = "") -> None:
    """Another text, or another state and who decided it. A text that a person wrote is that person's: it is tainted no more."""
    values = {"text": text, "tainted": 0} if text is not None else {}
    values |= {"state": state.value, "decided_by": by} if state is not None else {}
    connection.execute(sa.update(memory).where(memory.c.number == number).values(**values))


def forget(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.delete(memory).where(memory.c.number == number))


def _memory(row: sa.Row[tuple[object, ...]]) -> Memory:
    return Memory(
        number=row.number,
        kind=MemoryKind(row.kind),
        text=row.text,
        state=MemoryState(row.state),
        author=row.author,
        created_at=row.created_at,
        run=row.run,
        tainted=bool(row.tainted),
        decided_by=row.decided_by,
        expires_at=row.expires_at,
    )
