"""Entries of knowledge, each with the place that it comes from; what a person rejected stays rejected when its file changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.knowledge import NOTES, OWN, Fits, Knowledge, KnowledgeKind, KnowledgeState, Written, fits_of, fits_text
from stead.store.search import best
from stead.store.tables import knowledge


def save(
    connection: sa.Connection,
    written: Written,
    *,
    source: str,
    path: str,
    now: datetime,
    stamp: str = "",
    commit: str = "",
    state: KnowledgeState = KnowledgeState.APPROVED,
    author: str = "",
    run: int = 0,
    incident: int = 0,
    tainted: bool = False,
) -> int:
    """Keep what stands at this place; its number, which stays when it is saved again, as does what was decided of it."""
    values = {
        "stamp": stamp,
        "commit": commit,
        "kind": written.kind.value,
        "title": written.title,
        "text": written.text,
        "strategy": written.strategy,
        "fits": fits_text(written.fits),
        "author": author,
        "run": run,
        "incident": incident,
        "tainted": int(tainted),
        "changed_at": now,
        "expires_at": written.expires_at,
    }
    there = sa.and_(knowledge.c.source == source, knowledge.c.path == path)
    found = connection.execute(sa.update(knowledge).where(there).values(**values).returning(knowledge.c.number)).scalar()
    if found is not None:
        return found
    fresh = {**values, "source": source, "path": path, "state": state.value, "created_at": now}
    return connection.execute(sa.insert(knowledge).values(**fresh).returning(knowledge.c.number)).scalar_one()


def find(connection: sa.Connection, number: int) -> Knowledge | None:
    row = connection.execute(sa.select(knowledge).where(knowledge.c.number == number)).first()
    return None if row is None else _knowledge(row)


def listed(connection: sa.Connection) -> Sequence[Knowledge]:
    """All of them without their texts: what waits for a person first, then by source and path."""
    columns = [column for column in knowledge.c if column is not knowledge.c.text]
    waits = knowledge.c.state != KnowledgeState.PROPOSED.value
    query = sa.select(*columns, sa.literal("").label("text")).order_by(waits, knowledge.c.source, knowledge.c.path)
    return [_knowledge(row) for row in connection.execute(query)]


def that_ask(connection: sa.Connection, now: datetime) -> Sequence[Knowledge]:
    """What says when it fits and holds now, without the texts."""
    columns = [column for column in knowledge.c if column is not knowledge.c.text]
    approved = knowledge.c.state == KnowledgeState.APPROVED.value
    query = sa.select(*columns, sa.literal("").label("text")).where(approved, knowledge.c.fits != "").order_by(knowledge.c.number)
    return [entry for row in connection.execute(query) if (entry := _knowledge(row)).holds(now)]


def notes(connection: sa.Connection, now: datetime, most: int) -> list[Knowledge]:
    """What owners wrote for agents and holds now, what stands nearest to the top of its source first."""
    columns = [column for column in knowledge.c if column is not knowledge.c.text]
    named = sa.or_(*(sa.func.lower(knowledge.c.path).like(f"%{name.lower()}") for name in NOTES))
    query = sa.select(*columns, sa.literal("").label("text")).where(named, knowledge.c.state == KnowledgeState.APPROVED.value)
    there = [entry for row in connection.execute(query) if (entry := _knowledge(row)).note and entry.holds(now)]
    there.sort(key=lambda entry: (entry.path.count("/"), entry.source, entry.path))
    return [found for entry in there[:most] if (found := find(connection, entry.number)) is not None]


def search(connection: sa.Connection, words: Sequence[str], most: int) -> list[Knowledge]:
    """Whatever holds one of the words, in any state, best first."""
    return [found for number in best(connection, "knowledge", words, most) if (found := find(connection, number)) is not None]


def stamps(connection: sa.Connection, source: str) -> Mapping[str, str]:
    """path → stamp of all that a source holds."""
    query = sa.select(knowledge.c.path, knowledge.c.stamp).where(knowledge.c.source == source)
    return {row.path: row.stamp for row in connection.execute(query)}


def keep_only(connection: sa.Connection, source: str, paths: Collection[str]) -> int:
    """Forget what a source does not hold any more. How many were forgotten."""
    gone = sorted(set(stamps(connection, source)) - set(paths))
    for at in range(0, len(gone), 500):
        some = gone[at : at + 500]
        connection.execute(sa.delete(knowledge).where(knowledge.c.source == source, knowledge.c.path.in_(some)))
    return len(gone)


def keep_sources(connection: sa.Connection, sources: Collection[str]) -> None:
    """Forget what comes from a source that is not configured any more; what Stead wrote stays."""
    connection.execute(sa.delete(knowledge).where(knowledge.c.source.not_in([OWN, *sources])))


def seen_at(connection: sa.Connection, source: str, commit: str) -> None:
    """What a source holds is still so at this commit."""
    connection.execute(sa.update(knowledge).where(knowledge.c.source == source, knowledge.c.commit != commit).values(commit=commit))


def count(connection: sa.Connection, source: str = "") -> int:
    """How many there are, of one source or of all."""
    query = sa.select(sa.func.count()).select_from(knowledge)
    return connection.execute(query.where(knowledge.c.source == source) if source else query).scalar_one()


def waiting(connection: sa.Connection) -> int:
    """How many wait for a person."""
    query = sa.select(sa.func.count()).select_from(knowledge).where(knowledge.c.state == KnowledgeState.PROPOSED.value)
    return connection.execute(query).scalar_one()


def of_run(connection: sa.Connection, run: int) -> Sequence[Knowledge]:
    """What a run wrote, oldest first."""
    query = sa.select(knowledge).where(knowledge.c.source == OWN, knowledge.c.run == run).order_by(knowledge.c.number)
    return [_knowledge(row) for row in connection.execute(query)]


def drafts_of(connection: sa.Connection, incident: int) -> Sequence[Knowledge]:
    """What runs about the incident wrote and nobody has decided on, oldest first."""
    waits = knowledge.c.state == KnowledgeState.PROPOSED.value
    query = sa.select(knowledge).where(knowledge.c.incident == incident, waits).order_by(knowledge.c.number)
    return [_knowledge(row) for row in connection.execute(query)]


def taint(connection: sa.Connection, number: int, tainted: bool) -> None:
    connection.execute(sa.update(knowledge).where(knowledge.c.number == number).values(tainted=int(tainted)))


def decide(connection: sa.Connection, number: int, state: KnowledgeState, by: str) -> None:
    connection.execute(sa.update(knowledge).where(knowledge.c.number == number).values(state=state.value, decided_by=by))


def forget(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.delete(knowledge).where(knowledge.c.number == number))


def _knowledge(row: sa.Row[tuple[object, ...]]) -> Knowledge:
    fits: Fits = fits_of(row.fits)
    return Knowledge(
        number=row.number,
        source=row.source,
        path=row.path,
        written=Written(
            kind=KnowledgeKind(row.kind), title=row.title, text=row.text, strategy=row.strategy, fits=fits, expires_at=row.expires_at
        ),
        state=KnowledgeState(row.state),
        created_at=row.created_at,
        changed_at=row.changed_at,
        stamp=row.stamp,
        commit=row.commit,
        author=row.author,
        run=row.run,
        incident=row.incident,
        tainted=bool(row.tainted),
        decided_by=row.decided_by,
    )
