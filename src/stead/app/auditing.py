"""The audit chain as a person asks for it: whole or not, of one action, of everything; and a head of it, every hour and every day."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from stead.app.audit_heads import Heads
from stead.domain.audit import Head, Row, problems
from stead.domain.delivery import Because, Block, BlockKind, Message
from stead.domain.errors import Exit, UserError
from stead.domain.finding import Severity
from stead.domain.ids import parse_number
from stead.engine import notify
from stead.engine.journey import Journey
from stead.store import actions, audit

_MOST_TOLD = 100


def verify(connection: sa.Connection, heads: Heads, expected: str = "") -> dict[str, Any]:
    """Whether the chain is whole, by itself and against every signed head; and against `expected` (`812:ab12…`), a head seen elsewhere."""
    known, wrong = heads.known()
    if expected:
        known = [*known, _head(expected, known)]
    found = list(problems(audit.rows(connection), known)) + wrong
    end = _last(connection)
    return {
        "schemaVersion": 1,
        "whole": not found,
        "rows": end.seq if end else 0,
        "head": f"{end.seq}:{end.hash}" if end else "",
        "heads": len(known),
        "publicKey": heads.public_key(),
        "problems": found[:_MOST_TOLD],
    }


def _last(connection: sa.Connection) -> Row | None:
    last: Row | None = None
    for row in audit.rows(connection):
        last = row
    return last


def _head(expected: str, known: list[Head]) -> Head:
    seq, _, digest = expected.strip().partition(":")
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 16 and len(digest) == 64):
        raise UserError(f"`{expected[:80]}` is no head", hint="write it as it was told: 812:ab12…", code=Exit.USAGE)
    at = next((head.at for head in known if head.seq == int(seq)), None)
    if at is None:
        from datetime import UTC, datetime

        at = datetime.fromtimestamp(0, UTC)
    return Head(seq=int(seq), hash=digest, at=at)


def told(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    plain = {name: getattr(row, name) for name in ("seq", "kind", "principal", "incident", "action", "before", "hash")}
    return {**plain, "at": row.at.isoformat(), "body": json.loads(row.body)}


def shown(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    """The rows of an action (`41.1.1.1`, or the `A-17` that asks for it) or of an incident (`I-41`), evidence first.

    UserError where there are none.
    """
    if name.strip().upper().startswith("A-"):
        asked = actions.find_approval(connection, parse_number(name, "A"))
        name = asked.action.id if asked is not None else name
    wanted: dict[str, Any] = {"action": name} if "." in name or name[:1] in "aA" else {"incident": parse_number(name, "I")}
    rows = list(audit.rows(connection, **wanted))
    if not rows:
        hint = "`stead show I-41` names the actions of an incident"
        raise UserError(f"nothing was audited of {name[:60]}", hint=hint, code=Exit.NEGATIVE)
    return [told(row) for row in rows]


def exported(connection: sa.Connection, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """A page of the chain."""
    page: list[dict[str, Any]] = []
    for row in audit.rows(connection, after=after):
        page.append(told(row))
        if len(page) == limit:
            break
    return page


def announce(connection: sa.Connection, journey: Journey, *, head: Head) -> None:
    """Send the head out, where the database does not reach: what stands in a chat cannot be written anew. The same message is edited."""
    text = f"{head.seq}:{head.hash}"
    message = Message(
        title=f"The audit chain has {head.seq} rows",
        severity=Severity.INFO,
        number="",
        state="resolved",
        resolved=True,
        blocks=(Block(kind=BlockKind.COMMAND, text="check it against this head", command=f"stead audit verify --head {text}"),),
    )
    notify.announce(connection, journey, f"audit:{head.at:%Y-%m-%d}", message, Because.MOVED)
