"""Entries of memory as programs and people see them, and as MEMORY.md and USER.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain.ids import memory_number, run_number
from stead.domain.knowledge import words_of
from stead.domain.memory import Memory, MemoryKind
from stead.store import memory


def row(of: Memory, now: datetime) -> dict[str, Any]:
    expired = of.expires_at is not None and of.expires_at <= now
    return {
        "id": memory_number(of.number),
        "number": of.number,
        "kind": of.kind.value,
        "text": of.text,
        "state": "expired" if expired else of.state.value,
        "author": of.author,
        "run": run_number(of.run) if of.run else None,
        "tainted": of.tainted,
        "decided_by": of.decided_by,
        "created_at": time(of.created_at),
        "expires_at": time(of.expires_at),
    }


def rows(connection: sa.Connection, now: datetime) -> list[dict[str, Any]]:
    return [row(entry, now) for entry in memory.listed(connection)]


def hits(connection: sa.Connection, words: str, most: int, now: datetime) -> list[dict[str, Any]]:
    """What holds one of the words, best first."""
    return [row(entry, now) for entry in memory.search(connection, words_of(words), most)]


def one(connection: sa.Connection, number: int, now: datetime) -> dict[str, Any] | None:
    found = memory.find(connection, number)
    return None if found is None else row(found, now)


def markdown(connection: sa.Connection, kind: MemoryKind, now: datetime) -> str:
    """What holds, as the file of that kind."""
    holding: Sequence[Memory] = [entry for entry in memory.listed(connection) if entry.kind is kind and entry.holds(now)]
    title = "Memory" if kind is MemoryKind.ESTATE else "User"
    return "\n".join([f"# {title}", "", *(f"- {entry.text}" for entry in holding)]) + "\n"
