"""What the API and the command line are told of conversations: JSON-ready values, read from the store alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain import ids
from stead.domain.talk import Talk, Turn
from stead.store import runs, talks


def rows(connection: sa.Connection, principal: str | None, words: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Sessions of one principal, or (None) of all; with `words`, those in which every one of them stands."""
    found = talks.matching(connection, principal, words, limit) if words else talks.listed(connection, principal, limit)
    return [session(talk) for talk in found]


def whole(connection: sa.Connection, session_id: str) -> dict[str, Any] | None:
    """The session with its questions and answers; None when there is none of that id."""
    found = talks.find(connection, session_id)
    if found is None:
        return None
    return session(found) | {"messages": [_turn(connection, found.id, turn) for turn in talks.turns(connection, session_id)]}


def message(connection: sa.Connection, session_id: str, number: int) -> dict[str, Any] | None:
    """One question with its answer, None when there is no such question in the session."""
    found = talks.turn(connection, session_id, number)
    return None if found is None else _turn(connection, session_id, found)


def session(talk: Talk) -> dict[str, Any]:
    return {
        "id": talk.id,
        "principal": talk.principal,
        "agent": talk.agent,
        "estate": talk.estate,
        "incident": None if talk.incident is None else ids.incident_number(talk.incident),
        "title": talk.title,
        "created_at": time(talk.created_at),
        "used_at": time(talk.used_at),
        "ended_at": time(talk.ended_at),
    }


def _turn(connection: sa.Connection, session_id: str, turn: Turn) -> dict[str, Any]:
    run = None if turn.run is None else runs.find(connection, turn.run)
    return {
        "id": turn.id,
        "session": session_id,
        "question": turn.question,
        "attached": turn.attached,
        "asked_by": turn.asker,
        "asked_at": time(turn.asked_at),
        "state": "working" if turn.answer is None else "answered",
        "answer": turn.answer,
        "answered_by": turn.answered_by,
        "answered_at": time(turn.answered_at),
        "run": None if run is None else ids.run_number(run.number),
        "ending": None if run is None or run.ending is None else run.ending.value,
        "note": "" if run is None else run.note,
        "tokens": 0 if run is None else run.spent.tokens,
        "money": 0.0 if run is None else round(run.spent.money, 6),
    }
