"""Actions and the approvals that some of them wait for. Every step of a life is one compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.action import Action, ActionRequest, ActionState
from stead.domain.approval import Approval, ApprovalState
from stead.domain.limits import Past
from stead.domain.policy import ActionFacts, Decision, Verdict
from stead.store.codec import dumps, loads
from stead.store.tables import action, approval


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAction:
    action: Action
    episode: int
    decision: Decision
    quiet: int
    replicas: int | None
    proposed_at: datetime
    intended_at: datetime | None
    applied_at: datetime | None
    ended_at: datetime | None
    undo: ActionRequest | None
    preview: tuple[str, ...] = ()


def add(
    connection: sa.Connection,
    proposed: Action,
    episode: int,
    decision: Decision,
    now: datetime,
    facts: ActionFacts | None = None,
    preview: Sequence[str] = (),
) -> None:
    """Keep what was proposed and decided, with the facts that rules saw of it and what would change."""
    request = proposed.request
    connection.execute(
        sa.insert(action).values(
            id=proposed.id,
            incident=proposed.incident,
            episode=episode,
            target=dumps(request.subject.key),
            digest=request.digest,
            state=proposed.state.value,
            verdict=decision.verdict.value,
            rules=dumps(decision.rules),
            note=proposed.note,
            proposed_at=now,
            ended_at=now if proposed.state.ended else None,
            body=dumps(request),
            facts=None if facts is None else dumps(facts),
            preview=dumps(list(preview)),
        )
    )


def find(connection: sa.Connection, action_id: str) -> StoredAction | None:
    row = connection.execute(sa.select(action).where(action.c.id == action_id)).first()
    return None if row is None else _stored(row)


def get(connection: sa.Connection, action_id: str) -> StoredAction:
    """KeyError when there is none."""
    found = find(connection, action_id)
    if found is None:
        raise KeyError(action_id)
    return found


def of_incident(connection: sa.Connection, incident: int) -> Sequence[StoredAction]:
    query = sa.select(action).where(action.c.incident == incident).order_by(action.c.proposed_at, action.c.id)
    return [_stored(row) for row in connection.execute(query)]


def move(
    connection: sa.Connection, action_id: str, before: Sequence[ActionState], after: ActionState, now: datetime, note: str | None = None
) -> bool:
    """Compare-and-set from one of `before` to `after`; False when the action is elsewhere by now."""
    values: dict[str, Any] = {"state": after.value}
    if note is not None:
        values["note"] = note
    if after is ActionState.INTENDED:
        values["intended_at"] = now
    if after is ActionState.APPLIED:
        values["applied_at"] = now
    if after.ended:
        values["ended_at"] = now
    update = sa.update(action).where(action.c.id == action_id, action.c.state.in_([state.value for state in before]))
    return connection.execute(update.values(**values)).rowcount == 1


def set_undo(connection: sa.Connection, action_id: str, undo: ActionRequest | None) -> None:
    connection.execute(sa.update(action).where(action.c.id == action_id).values(undo=None if undo is None else dumps(undo)))


def begun_since(connection: sa.Connection, since: datetime) -> list[Past]:
    """Every action whose intent was written since then, oldest first: what caps count."""
    query = sa.select(action).where(action.c.intended_at > since).order_by(action.c.intended_at, action.c.id)
    return [_past(row) for row in connection.execute(query)]


def proposed_since(connection: sa.Connection, since: datetime) -> list[tuple[StoredAction, ActionFacts | None]]:
    """Everything that was proposed since then with the facts that rules saw, oldest first."""
    query = sa.select(action).where(action.c.proposed_at > since).order_by(action.c.proposed_at, action.c.id)
    return [(_stored(row), None if row.facts is None else loads(row.facts, ActionFacts)) for row in connection.execute(query)]


def in_state(connection: sa.Connection, states: Sequence[ActionState]) -> list[tuple[str, int]]:
    """(id, incident) of every action in one of these states."""
    query = sa.select(action.c.id, action.c.incident).where(action.c.state.in_([state.value for state in states])).order_by(action.c.id)
    return [(row.id, row.incident) for row in connection.execute(query)]


def facts_of(connection: sa.Connection, action_id: str) -> ActionFacts | None:
    """What rules saw of the action; None where that was not kept."""
    found = connection.execute(sa.select(action.c.facts).where(action.c.id == action_id)).scalar()
    return None if found is None else loads(found, ActionFacts)


def call_off(connection: sa.Connection, action_id: str, rules: Sequence[str]) -> None:
    """Write which rules called an action off that had been decided otherwise."""
    connection.execute(sa.update(action).where(action.c.id == action_id).values(rules=dumps(tuple(rules))))


def begin_try(connection: sa.Connection, action_id: str) -> int:
    """Count a try before it is made; its number, from 1. Above 1, what an earlier try came to has to be looked at first."""
    query = sa.update(action).where(action.c.id == action_id).values(tries=action.c.tries + 1).returning(action.c.tries)
    return connection.execute(query).scalar_one()


def set_replicas(connection: sa.Connection, action_id: str, replicas: int | None) -> None:
    """How many were wanted before the action: a proof must not come from there being fewer."""
    connection.execute(sa.update(action).where(action.c.id == action_id).values(replicas=replicas))


def set_quiet(connection: sa.Connection, action_id: str, quiet: int) -> None:
    connection.execute(sa.update(action).where(action.c.id == action_id).values(quiet=quiet))


def busy_with(connection: sa.Connection, target: str, besides: str) -> str | None:
    """The id of another action that is under way on this target, if one is."""
    under_way = [ActionState.INTENDED.value, ActionState.APPLIED.value]
    query = sa.select(action.c.id).where(action.c.target == target, action.c.id != besides, action.c.state.in_(under_way)).limit(1)
    return connection.execute(query).scalar()


def ask(connection: sa.Connection, proposed: Action, decision: Decision, now: datetime, expires_at: datetime) -> int:
    """Write the question and return its number (the digits of A-17)."""
    values = {
        "action": proposed.id,
        "incident": proposed.incident,
        "digest": proposed.request.digest,
        "state": ApprovalState.PENDING.value,
        "rules": dumps(decision.rules),
        "asked_at": now,
        "expires_at": expires_at,
        "people": decision.people,
    }
    return connection.execute(sa.insert(approval).values(**values).returning(approval.c.number)).scalar_one()


def approvals(connection: sa.Connection, *, incident: int | None = None, everything: bool = True) -> Sequence[Approval]:
    query = sa.select(approval).order_by(approval.c.number)
    if incident is not None:
        query = query.where(approval.c.incident == incident)
    if not everything:
        query = query.where(approval.c.state == ApprovalState.PENDING.value)
    return [_approval(connection, row) for row in connection.execute(query)]


def find_approval(connection: sa.Connection, number: int) -> Approval | None:
    row = connection.execute(sa.select(approval).where(approval.c.number == number)).first()
    return None if row is None else _approval(connection, row)


def approval_of(connection: sa.Connection, action_id: str) -> Approval | None:
    row = connection.execute(sa.select(approval).where(approval.c.action == action_id)).first()
    return None if row is None else _approval(connection, row)


def second(connection: sa.Connection, number: int, by: str) -> bool:
    """Write down the first of two who say yes; False when somebody was first."""
    update = sa.update(approval).where(approval.c.number == number, approval.c.first_by == "")
    return connection.execute(update.where(approval.c.state == ApprovalState.PENDING.value).values(first_by=by)).rowcount == 1


def settle(connection: sa.Connection, number: int, state: ApprovalState, now: datetime, by: str, reason: str) -> bool:
    """Compare-and-set from pending; False when somebody, or time, was first."""
    update = sa.update(approval).where(approval.c.number == number, approval.c.state == ApprovalState.PENDING.value)
    return connection.execute(update.values(state=state.value, decided_at=now, decided_by=by, reason=reason)).rowcount == 1


def _past(row: sa.Row[tuple[object, ...]]) -> Past:
    request = loads(row.body, ActionRequest)
    return Past(
        verb=request.verb,
        target=request.subject.key,
        estate=request.subject.estate,
        namespace=request.subject.namespace,
        state=ActionState(row.state),
        at=row.intended_at,
        part_of=request.part_of,
    )


def _approval(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Approval:
    stored = get(connection, row.action)
    return Approval(
        number=row.number,
        action=stored.action,
        digest=row.digest,
        rules=tuple(loads(row.rules, list[str])),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        state=ApprovalState(row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        people=row.people,
        first_by=row.first_by,
        preview=stored.preview,
    )


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredAction:
    request = loads(row.body, ActionRequest)
    return StoredAction(
        action=Action(id=row.id, incident=row.incident, request=request, state=ActionState(row.state), note=row.note),
        episode=row.episode,
        decision=Decision(verdict=Verdict(row.verdict), rules=tuple(loads(row.rules, list[str]))),
        quiet=row.quiet,
        replicas=row.replicas,
        proposed_at=row.proposed_at,
        intended_at=row.intended_at,
        applied_at=row.applied_at,
        ended_at=row.ended_at,
        undo=None if row.undo is None else loads(row.undo, ActionRequest),
        preview=tuple(loads(row.preview, list[str])),
    )
