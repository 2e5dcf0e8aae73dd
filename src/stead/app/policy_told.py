"""That the policy file has changed, or cannot be used: in the record, and to people."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.delivery import Because, Block, BlockKind, Message
from stead.domain.finding import Severity
from stead.engine import notify
from stead.engine.journey import Journey
from stead.store import events

_ABOUT = "policy"


def broken(connection: sa.Connection, journey: Journey, *, why: str) -> None:
    """Say on every channel that the last good policy stays in force."""
    events.record(connection, "policy.broken", at=journey.now(), estate="", data={"why": why})
    _tell(connection, journey, "The policy file cannot be used: the last good policy stays in force", why, Severity.CRITICAL)


def changed(connection: sa.Connection, journey: Journey, *, rules: int) -> None:
    """Say that another policy is in force from now on: who did not change it wants to know."""
    events.record(connection, "policy.changed", at=journey.now(), estate="", data={"rules": rules})
    _tell(connection, journey, f"The policy was read anew: {rules} rules are in force", "", Severity.WARNING)


def _tell(connection: sa.Connection, journey: Journey, title: str, detail: str, severity: Severity) -> None:
    blocks = (Block(kind=BlockKind.TEXT, text=detail),) if detail else ()
    message = Message(title=title, severity=severity, number="", state="open" if detail else "resolved", blocks=blocks, resolved=not detail)
    notify.announce(connection, journey, _ABOUT, message, Because.FIRST if detail else Because.MOVED)
