"""Commands that only read: how all is, what is open, what waits."""

from __future__ import annotations

from stead.app import jobs_told
from stead.app.chat.asked import Asked
from stead.domain import ids
from stead.domain.approval import Approval
from stead.domain.delivery import Block, BlockKind, Button, Message
from stead.domain.errors import Exit, UserError
from stead.domain.finding import Severity
from stead.engine import story
from stead.store import actions, incidents

MOST = 15
"""Incidents in one answer: what a phone shows without much scrolling."""


def status(asked: Asked, _rest: str) -> None:
    """The one look of `stead status`, in a few lines."""
    asked.answer("\n".join(asked.desk.standing(asked.connection)))


def incidents_(asked: Asked, rest: str) -> None:
    """What is open, a line each; or one of them, as its message is."""
    if rest:
        number = ids.parse_number(rest.split()[0], "I")
        if incidents.find(asked.connection, number) is None:
            raise UserError(
                f"there is no incident {ids.incident_number(number)}", hint="/incidents tells those that are open", code=Exit.NEGATIVE
            )
        asked.show(story.render(asked.connection, number, asked.journey.now()))
        return
    found = incidents.listed(asked.connection)
    if not found:
        asked.answer("Nothing is open.")
        return
    lines = [
        f"{of.severity.value.upper()} {ids.incident_number(of.number)} ({of.state.value.replace('_', ' ')}): {of.title}" for of in found
    ]
    more = [f"… and {len(found) - MOST} more: `stead incidents`"] if len(found) > MOST else []
    asked.answer("\n".join([*lines[:MOST], *more]))


def jobs_(asked: Asked, _rest: str) -> None:
    """Each job: when it comes next, how it went last."""
    lines = [
        f"{job['name']}: next {job['next_at'][:16].replace('T', ' ') + ' UTC' if job['next_at'] else 'never'}"
        + (f", last {job['last']['state']}" if job["last"] else "")
        + (", paused" if job["paused_at"] else "")
        for job in jobs_told.listed(asked.connection, asked.journey)
    ]
    asked.answer("\n".join(lines) or "There is no job.")


def approvals_(asked: Asked, _rest: str) -> None:
    """What waits for a person, with what would be run and buttons to answer."""
    found = actions.approvals(asked.connection, everything=False)
    if not found:
        asked.answer("Nothing waits for an answer.")
    for approval in found[:MOST]:
        asked.show(question(approval))


def question(approval: Approval) -> Message:
    """One question as a message of its own: what, why, the whole command, until when."""
    request, name = approval.action.request, ids.approval_number(approval.number)
    about = "\n".join([f"{request.reason[:1].upper()}{request.reason[1:]}.", *story.asked_about(approval)])
    return Message(
        title=f"{name}: {request.verb} {request.subject}?",
        severity=Severity.INFO,
        number="",
        state="",
        plain=True,
        blocks=(
            Block(kind=BlockKind.TEXT, text=about),
            *([Block(kind=BlockKind.CODE, text=request.command)] if request.command else []),
            Block(kind=BlockKind.TEXT, text=f"Answer `approve {name}` or `deny {name}` until {approval.expires_at:%H:%M} UTC."),
        ),
        buttons=tuple(
            Button(label=f"{word} {name}", approval=approval.number, decision=word.lower(), nonce=approval.nonce)
            for word in ("Approve", "Deny")
        ),
    )
