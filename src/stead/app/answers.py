"""What the API, the command line and the page are told: JSON-ready values, read from the store alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app import knowledge_told
from stead.app.shown import finding, subject, time
from stead.domain import ids
from stead.domain.approval import Approval, ApprovalState
from stead.domain.delivery import Delivery
from stead.domain.finding import FindingState
from stead.domain.incident import Incident, IncidentState
from stead.store import actions, deliveries, events, findings, incidents, sessions
from stead.store.actions import StoredAction
from stead.store.codec import plain
from stead.store.findings import StoredFinding


def incident_row(connection: sa.Connection, of: Incident) -> dict[str, Any]:
    stored = findings.of_incident(connection, of.number)
    cause = next((s.finding for s in stored if s.finding.fingerprint == of.cause), None)
    return {
        "id": ids.incident_number(of.number),
        "number": of.number,
        "estate": of.estate,
        "state": of.state.value,
        "severity": of.severity.value,
        "title": of.title,
        "cause": None if cause is None else finding(cause),
        "findings": sum(1 for s in stored if s.closed_at is None),
        "episode": of.episode,
        "opened_at": time(of.opened_at),
        "closed_at": time(of.closed_at),
        "note": incidents.note(connection, of.number),
        "impact": of.impact,
        "muted": [{"kind": m.kind.value, "name": m.name, "why": m.why, "until": time(m.until)} for m in of.muted],
        "flapping_since": time(of.flapping_since),
    }


def incident_list(connection: sa.Connection, everything: bool) -> list[dict[str, Any]]:
    return [incident_row(connection, found) for found in incidents.listed(connection, everything=everything)]


def whole_incident(connection: sa.Connection, number: int, now: datetime) -> dict[str, Any] | None:
    """Everything that is known of one incident; None when there is none of that number."""
    found = incidents.find(connection, number)
    if found is None:
        return None
    stored = findings.of_incident(connection, number)
    return incident_row(connection, found) | {
        "findings": [_stored_finding(s, found) for s in stored],
        "actions": [_action(a) for a in actions.of_incident(connection, number)],
        "approvals": [approval(a) for a in actions.approvals(connection, incident=number)],
        "deliveries": [_delivery(d) for d in deliveries.of_incident(connection, number)],
        "knowledge": knowledge_told.of_incident(connection, number, now),
        "events": events.after(connection, 0, 1000, incident=number),
        "messages": [
            {"principal": s.principal, "author": m.author, "text": m.text, "at": time(m.at)}
            for s in sessions.of_incident(connection, number)
            for m in s.messages
        ],
    }


def approval(of: Approval) -> dict[str, Any]:
    request = of.action.request
    return {
        "id": ids.approval_number(of.number),
        "number": of.number,
        "state": of.state.value,
        "incident": ids.incident_number(of.action.incident),
        "action": of.action.id,
        "verb": request.verb,
        "subject": subject(request.subject),
        "parameters": dict(request.parameters),
        "reason": request.reason,
        "rules": list(of.rules),
        "command": request.command,
        "undo": request.undo,
        "digest": of.digest,
        "preview": list(of.preview),
        "tainted": request.tainted,
        "doubt": request.doubt,
        "people": of.people,
        "first_by": of.first_by,
        "asked_at": time(of.asked_at),
        "expires_at": time(of.expires_at),
        "decided_by": of.decided_by,
        "decided_at": time(of.decided_at),
        "decision_reason": of.reason,
    }


def approval_list(connection: sa.Connection, everything: bool) -> list[dict[str, Any]]:
    return [approval(found) | _evidence(connection, found) for found in actions.approvals(connection, everything=everything)]


def _evidence(connection: sa.Connection, of: Approval) -> dict[str, Any]:
    """On what the question rests, and since when that is known."""
    stored = findings.find(connection, of.action.request.fingerprint)
    if stored is None:
        return {"evidence": [], "seen_at": None}
    seen = [{"what": one.what, "value": one.value, "command": one.command, "tainted": one.tainted} for one in stored.finding.evidence]
    return {"evidence": seen, "seen_at": time(stored.opened_at)}


def counts(connection: sa.Connection) -> dict[str, Any]:
    """The numbers behind `stead status` and the metrics."""
    open_ones = incidents.listed(connection)
    queue = deliveries.counts(connection)
    return {
        "incidents": {
            "open": len(open_ones),
            "awaiting_approval": sum(1 for i in open_ones if i.state is IncidentState.AWAITING_APPROVAL),
            "escalated": sum(1 for i in open_ones if i.state is IncidentState.ESCALATED),
            "critical": sum(1 for i in open_ones if i.severity.value == "critical"),
        },
        "approvals_pending": sum(1 for a in actions.approvals(connection, everything=False) if a.state is ApprovalState.PENDING),
        "deliveries": {"queued": queue.get("queued", 0), "dead": queue.get("dead", 0)},
    }


def blind_findings(connection: sa.Connection, estate: str) -> list[dict[str, Any]]:
    stored = findings.open_findings(connection, estate).values()
    return [finding(s.finding) for s in stored if s.finding.state is FindingState.BLIND]


def watched(estates: Mapping[str, object], blind: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Each estate with its kind and what in it could not be seen."""
    kinds = {name: type(estate).__name__.removesuffix("Estate").lower() for name, estate in estates.items()}
    return [{"id": name, "kind": kinds[name], "blind": found} for name, found in blind.items()]


def colour(numbers: Mapping[str, Any], *, ready: bool, blind: bool) -> str:
    """Green is earned: everything was looked at, and nothing was found. Red: critical; amber: less; blind: somebody could not look."""
    if numbers["incidents"]["critical"]:
        return "red"
    if blind or not ready:
        return "blind"
    return "amber" if numbers["incidents"]["open"] else "green"


def _stored_finding(stored: StoredFinding, of: Incident) -> dict[str, Any]:
    return finding(stored.finding) | {
        "cause": stored.finding.fingerprint == of.cause,
        "opened_at": time(stored.opened_at),
        "closed_at": time(stored.closed_at),
    }


def _action(stored: StoredAction) -> dict[str, Any]:
    request = stored.action.request
    return {
        "id": stored.action.id,
        "state": stored.action.state.value,
        "verb": request.verb,
        "subject": subject(request.subject),
        "parameters": dict(request.parameters),
        "proposer": request.proposer,
        "reason": request.reason,
        "guess": request.guess,
        "verdict": stored.decision.verdict.value,
        "rules": list(stored.decision.rules),
        "note": stored.action.note,
        "command": request.command,
        "undo": request.undo,
        "proposed_at": time(stored.proposed_at),
        "intended_at": time(stored.intended_at),
        "applied_at": time(stored.applied_at),
        "ended_at": time(stored.ended_at),
    }


def _delivery(of: Delivery) -> dict[str, Any]:
    return {
        "id": of.id,
        "channel": of.channel,
        "position": of.position,
        "because": of.because.value,
        "state": of.state.value,
        "attempts": of.attempts,
        "edited": bool(of.replaces),
        "error": of.error,
        "message": plain(replace(of.message, attachments=()))
        | {"attachments": [{"name": a.name, "media_type": a.media_type, "bytes": len(a.data)} for a in of.message.attachments]},
    }
