"""What the API, the command line and the page are told of runs of models: JSON-ready values, read from the store alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain import ids
from stead.domain.run import Run
from stead.store import runs, talks
from stead.store.codec import plain


def rows(connection: sa.Connection, limit: int) -> list[dict[str, Any]]:
    """Newest first; `question` is what a run of a session answers."""
    return [row(run) | {"question": _question(connection, run)} for run in runs.listed(connection, limit)]


def whole(connection: sa.Connection, number: int) -> dict[str, Any] | None:
    """The run, what it was told, and every call of a model and a tool: all that `replay` needs. None when there is none of that number."""
    found = runs.find(connection, number)
    if found is None:
        return None
    return row(found) | {
        "opening": found.brief.opening if found.brief else "",
        "tainted": found.brief.tainted if found.brief else False,
        "brief": None if found.brief is None else plain(found.brief),
        "nonce": found.nonce,
        "conclusion": None if found.conclusion is None else plain(found.conclusion),
        "steps": [{"key": s.key, "kind": s.kind, "at": time(s.at), **s.body} for s in runs.steps(connection, number)],
    }


def _question(connection: sa.Connection, run: Run) -> str:
    turn = talks.turn_of_run(connection, run.number) if run.session else None
    return "" if turn is None else turn.question


def row(run: Run) -> dict[str, Any]:
    """One run; `incident` is None and `session` set where it answers a question."""
    return {
        "id": ids.run_number(run.number),
        "number": run.number,
        "incident": ids.incident_number(run.incident) if run.incident else None,
        "session": run.session or None,
        "goal": run.goal,
        "estate": run.estate or None,
        "question": run.question,
        "episode": run.episode,
        "agent": run.agent,
        "asked_by": run.asked_by,
        "ending": None if run.ending is None else run.ending.value,
        "note": run.note,
        "cause": run.conclusion.cause if run.conclusion else "",
        "confidence": run.conclusion.confidence.value if run.conclusion else "",
        "calls": run.spent.calls,
        "tokens": run.spent.tokens,
        "tokens_in": run.spent.tokens_in,
        "tokens_out": run.spent.tokens_out,
        "cached": run.spent.cached,
        "money": round(run.spent.money, 6),
        "seconds": round(run.spent.seconds, 1),
        "began_at": time(run.began_at),
        "ended_at": time(run.ended_at),
    }
