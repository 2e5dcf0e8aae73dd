"""What other systems said and nobody has looked at yet: kept at once, so that who sends does not wait for the one writer.

On SQLite it lies in a file of its own beside the database, with a writer of its own; on PostgreSQL in a table that is written without the
writer's lock. Two files have no common commit: the database remembers which rows were taken last, so a row that a crash left in the
file is not taken twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from stead.store.alerts import Heard
from stead.store.codec import dumps, loads
from stead.store.database import Store, told_plainly
from stead.store.tables import inbox, inbox_taken

MOST_BYTES = 512 * 1024
"""Taken in one transaction, about 500 alerts: nobody else writes meanwhile. One row that is larger is taken alone."""
_MOST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one sender said at one time. Entries are taken in the order in which they were put."""

    seq: int
    id: str
    heard: tuple[Heard, ...]


class Inbox:
    """Of the database `store`. Only one process has it open, the owner of the state folder."""

    def __init__(self, store: Store) -> None:
        file = store.engine.url.database
        self._beside = Store(f"sqlite:///{Path(file).with_suffix('.inbox.db')}") if store.is_sqlite and file else None
        self._engine = (self._beside or store).engine

    def open(self) -> None:
        """Make it where there is none. What was set aside gets another chance: this may be a newer program."""
        with told_plainly(self._engine.url), self._engine.begin() as connection:
            if self._beside is not None:
                inbox.create(connection, checkfirst=True)
            connection.execute(sa.update(inbox).where(inbox.c.refused != "").values(refused=""))

    def close(self) -> None:
        if self._beside is not None:
            self._beside.close()

    def put(self, said: Sequence[Sequence[Heard]]) -> None:
        """Keep what each sender said, in one commit. StorageError when it could not be, and then nothing of it is kept."""
        bodies = [dumps(one) for one in said]
        rows = [{"id": uuid.uuid4().hex, "size": len(body), "body": body, "refused": ""} for body in bodies]
        with told_plainly(self._engine.url), self._engine.begin() as connection:
            connection.execute(sa.insert(inbox), rows)

    def waiting(self) -> list[Entry]:
        """The first that wait, as many as make one transaction."""
        with told_plainly(self._engine.url), self._engine.connect().execution_options(stead_reads=True) as connection:
            wait = sa.select(inbox.c.seq, inbox.c.size).where(inbox.c.refused == "").order_by(inbox.c.seq).limit(_MOST_ROWS)
            last, left = 0, MOST_BYTES
            for row in connection.execute(wait):
                if last and row.size > left:
                    break
                last, left = row.seq, left - row.size
            these = sa.select(inbox.c.seq, inbox.c.id, inbox.c.body).where(inbox.c.refused == "", inbox.c.seq <= last)
            rows = connection.execute(these.order_by(inbox.c.seq)).all()
        return [Entry(seq=row.seq, id=row.id, heard=loads(row.body, tuple[Heard, ...])) for row in rows]

    def take(self, connection: sa.Connection, entries: Sequence[Entry]) -> list[Entry]:
        """Those that were not taken before; they are, once the database's transaction `connection` commits."""
        ids = [entry.id for entry in entries]
        if self._beside is None:
            known = set(connection.execute(sa.select(inbox.c.id).where(inbox.c.id.in_(ids))).scalars())
            connection.execute(sa.delete(inbox).where(inbox.c.id.in_(ids)))
            return [entry for entry in entries if entry.id in known]
        taken = set(connection.execute(sa.select(inbox_taken.c.id)).scalars())
        connection.execute(sa.delete(inbox_taken))
        connection.execute(sa.insert(inbox_taken), [{"id": each} for each in ids])
        return [entry for entry in entries if entry.id not in taken]

    def drop(self, entries: Sequence[Entry]) -> None:
        """Let go of what was taken."""
        if self._beside is not None:
            with told_plainly(self._engine.url), self._engine.begin() as connection:
                connection.execute(sa.delete(inbox).where(inbox.c.seq <= entries[-1].seq, inbox.c.refused == ""))

    def set_aside(self, entry: Entry, why: str) -> None:
        """Keep it, out of the way of all others, until the next `open`."""
        with told_plainly(self._engine.url), self._engine.begin() as connection:
            connection.execute(sa.update(inbox).where(inbox.c.seq == entry.seq).values(refused=why[:500]))
