"""Take what a person sends: once, from somebody who is known, within what their role allows, and with an answer.

Promise: what was taken is committed with all that it set going, in one transaction, before the channel acknowledges it; the same event
again changes nothing and has the same answer. A bot is never answered, so two of them do not talk to each other.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.app.chat import commands, deciding, questions, strangers, trials
from stead.app.chat.asked import Asked
from stead.app.chat.desk import Desk
from stead.app.chat.words import bare_decision, command_of
from stead.domain import ids
from stead.domain.errors import StorageError, UserError
from stead.domain.inbound import Inbound, Press
from stead.domain.people import Role
from stead.engine import approvals
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import actions, deliveries, inbounds

LONGEST = 8000
"""Characters of one text that are taken."""
FORGEABLE = frozenset({"email"})
"""Kinds of channels on which anybody can write in another's name: no decision is taken from there."""
_DECIDES = frozenset({"approve", "deny", "stop", "resume", "silence", "mute"})


def take(connection: sa.Connection, journey: Journey, event: Inbound, desk: Desk) -> str:
    """The sentence for whoever sent it, "" where there is nothing to say there and then. StorageError when nothing was kept."""
    if event.sender.bot or not _meant(connection, event):
        return ""
    known = inbounds.find(connection, event.channel, event.id)
    if known is not None:
        return known.answer
    person = desk.person(connection, event)
    if person is None:
        return strangers.answer(connection, journey, event, desk)
    asked = Asked(connection=connection, journey=journey, event=event, desk=desk, person=person)
    inbounds.add(connection, event, person=person.name, text=journey.redact(event.text[:LONGEST]))
    answer = _handled(asked)
    inbounds.answered(connection, event, answer)
    fault_point("take.before-commit")
    return answer


def _meant(connection: sa.Connection, event: Inbound) -> bool:
    """In a chat of many people talk of other things: what is for Stead names it, answers it, or is a command."""
    if event.direct or event.addressed or event.press is not None or command_of(event.text) is not None:
        return True
    return bool(event.reply_to) and deliveries.of_remote(connection, event.channel, event.reply_to) is not None


def _handled(asked: Asked) -> str:
    press = asked.event.press
    try:
        # What fails half-way is undone; that it was asked, and what was answered, stays.
        with asked.connection.begin_nested():
            return _pressed(asked, press) if press is not None else _written(asked)
    except StorageError:
        raise
    except UserError as error:
        told = said(error)
    if press is not None:
        return told
    asked.answer(told)
    return ""


def _written(asked: Asked) -> str:
    event = asked.event
    if told := trials.heard(asked.connection, event, asked.desk):
        return told
    command = command_of(event.text)
    if command is not None:
        _may_decide_here(asked, command.name)
        commands.run(asked, command)
    elif bare_decision(event.text) and (waiting := questions.waiting(asked)):
        names = [ids.approval_number(approval.number) for approval in waiting]
        raise UserError(
            "an answer names its question", hint="write " + ", ".join(f"`approve {name}` or `deny {name}`" for name in names[:3])
        )
    else:
        questions.ask(asked, event.text[:LONGEST])
    return ""


def _pressed(asked: Asked, press: Press) -> str:
    if press.decision == trials.DECISION:
        return trials.pressed(asked.desk, press, asked.person)
    _may_decide_here(asked, press.decision)
    approval = actions.find_approval(asked.connection, press.approval)
    if approval is None or approval.nonce != press.nonce or press.decision not in ("approve", "deny"):
        raise UserError("this button is of a question that is no more; nothing was changed", hint="look at the newest message")
    asked.needs(Role.APPROVER)
    yes, by = press.decision == "approve", asked.person.principal
    return deciding.decided(approvals.answer(asked.connection, asked.journey, press.approval, approve=yes, by=by), asked.person)


def _may_decide_here(asked: Asked, what: str) -> None:
    if what in _DECIDES and asked.desk.kind(asked.event.channel) in FORGEABLE:
        raise UserError("e-mail decides nothing: anybody can write in another's name", hint="answer in a chat, or with the `stead` command")


def said(error: UserError) -> str:
    """The error as a person reads it in a chat."""
    hint = f" {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else ""
    return f"{error.what[:1].upper()}{error.what[1:]}.{hint}"
