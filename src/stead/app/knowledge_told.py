"""Entries of knowledge as programs and people see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app.knowledge_files import file_text
from stead.app.library import Library
from stead.app.shown import time
from stead.domain.ids import incident_number, knowledge_number, run_number
from stead.domain.knowledge import Fits, Knowledge, lines_with, words_of
from stead.engine import knowing
from stead.store import knowledge


def row(of: Knowledge, now: datetime) -> dict[str, Any]:
    written = of.written
    expired = written.expires_at is not None and written.expires_at <= now
    return {
        "id": knowledge_number(of.number),
        "number": of.number,
        "kind": written.kind.value,
        "title": written.title,
        "strategy": written.strategy,
        "fits": {name: list(getattr(written.fits, name)) for name in Fits.__dataclass_fields__},
        "state": "expired" if expired else of.state.value,
        "source": of.source,
        "path": of.path,
        "commit": of.commit,
        "author": of.author,
        "run": run_number(of.run) if of.run else None,
        "incident": incident_number(of.incident) if of.incident else None,
        "tainted": of.tainted,
        "decided_by": of.decided_by,
        "created_at": time(of.created_at),
        "changed_at": time(of.changed_at),
        "expires_at": time(written.expires_at),
    }


def rows(connection: sa.Connection, now: datetime) -> list[dict[str, Any]]:
    """All of them, those that wait for a person first."""
    return [row(entry, now) for entry in knowledge.listed(connection)]


def whole(connection: sa.Connection, number: int, now: datetime) -> dict[str, Any] | None:
    """One with its text, and the file that it would be."""
    found = knowledge.find(connection, number)
    return None if found is None else row(found, now) | {"text": found.written.text, "file": file_text(found.written)}


def hits(connection: sa.Connection, words: str, most: int, now: datetime) -> list[dict[str, Any]]:
    """What holds the words, best first, each with the lines that do."""
    asked = words_of(words)
    found = knowledge.search(connection, asked, most)
    return [row(e, now) | {"lines": [{"line": n, "text": text[:300]} for n, text in lines_with(e.written.text, asked)]} for e in found]


def of_incident(connection: sa.Connection, number: int, now: datetime) -> list[dict[str, Any]]:
    """What fits the incident exactly, then the drafts that came of it."""
    return [row(entry, now) for entry in (*knowing.for_incident(connection, number, now), *knowledge.drafts_of(connection, number))]


def sources(connection: sa.Connection, library: Library) -> list[dict[str, Any]]:
    return [source.row(knowledge.count(connection, source.settings.name)) for source in library.sources]
