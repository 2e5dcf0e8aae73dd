"""Why Stead spoke, acted or stayed silent about an incident: answers from what was stored at the time, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain import ids
from stead.domain.delivery import DeliveryState
from stead.domain.incident import Incident
from stead.store import deliveries, events, findings, incidents

Json = dict[str, Any]

BECAUSE: Mapping[str, str] = {
    "first": "it was new",
    "worse": "it got worse",
    "moved": "something about it changed: an edit, without a sound",
    "approval": "a person's yes was wanted",
    "resolved": "it was over",
    "escalated": "a person was needed",
    "reopened": "it came back",
    "cause": "its cause became known",
    "flapping": "it comes and goes, and is told no more until it keeps still",
    "reminder": "a question waited for an answer",
    "repeated": "it was still open, and its route wants it said again",
    "unanswered": "nobody had acknowledged it",
    "together": "several waited, or were too many to tell one by one",
}


def why(connection: sa.Connection, number: int) -> Json | None:
    """Questions with their answers, each with its moment; None when there is no such incident."""
    incident = incidents.find(connection, number)
    if incident is None:
        return None
    happened = events.after(connection, 0, 10_000, incident=number)
    return {
        "id": ids.incident_number(number),
        "title": incident.title,
        "state": incident.state.value,
        "why": [
            {"question": "Why is it an incident?", "answers": list(_found(connection, incident))},
            {
                "question": "Why is it one, and not several?",
                "answers": _told(happened, _GROUPED) or [_answer("", "nothing else hangs on it")],
            },
            {"question": f"Why is it {incident.severity.value}?", "answers": list(_weight(happened, incident))},
            {"question": "Why did it say something, or nothing?", "answers": [*_told(happened, _SPOKEN), *_unsaid(connection, number)]},
            {"question": "Why did it act, or not?", "answers": _told(happened, _ACTED) or [_answer("", _no_action(incident))]},
        ],
    }


def _answer(at: str | None, text: str) -> Json:
    return {"at": at or "", "text": text}


def _found(connection: sa.Connection, incident: Incident) -> Iterator[Json]:
    for stored in findings.of_incident(connection, incident.number):
        if stored.finding.fingerprint == incident.cause:
            finding = stored.finding
            yield _answer(time(stored.opened_at), f"check {finding.check} found its cause, {finding.reason}: {finding.summary}")


def _weight(happened: list[Json], incident: Incident) -> Iterator[Json]:
    before = ""
    for event in happened:
        data = event["data"]
        if event["name"] in ("incident.opened", "incident.moved") and data.get("impact") and data["severity"] != before:
            before = data["severity"]
            yield _answer(event["at"], f"{before}, because {data['impact']}")
    if not before:
        yield _answer("", f"its checks say {incident.severity}")


def _unsaid(connection: sa.Connection, number: int) -> Iterator[Json]:
    """What was kept back for good: it was over before it was said."""
    for delivery in deliveries.of_incident(connection, number):
        if delivery.state is DeliveryState.HELD and not delivery.error.startswith("muted"):
            yield _answer(time(delivery.created_at), f"{delivery.channel} was told nothing: {delivery.error}")


def _told(happened: list[Json], tellers: Mapping[str, Callable[[Json], str]]) -> list[Json]:
    """The answers of these events, in the order of time; one that only says the same again is left out."""
    answers: list[Json] = []
    for event in happened:
        teller = tellers.get(event["name"])
        text = "" if teller is None else teller(event["data"])
        if text and not (answers and answers[-1]["text"] == text):
            answers.append(_answer(event["at"], text))
    return answers


def _grouped(data: Json) -> str:
    if not data["reasons"]:
        return ""
    more = f", and {data['more']} more" if data["more"] else ""
    return "; ".join(data["reasons"]) + more


def _decided(data: Json) -> str:
    verdict = {"allow": "was allowed", "needs_approval": "needs a person's yes", "deny": "was not done"}.get(
        data["verdict"], data["verdict"]
    )
    rules = f"by rule {', '.join(data['rules'])}" if data["rules"] else data["why"]
    return f"{data['proposer']} proposed {data['verb']} on {data['subject']}, because {data['reason']}: it {verdict}, {rules}"


def _no_action(incident: Incident) -> str:
    return "it is muted, and what is muted is left alone" if incident.muted else "nothing was proposed: no playbook knows this fault, yet"


_GROUPED: Mapping[str, Callable[[Json], str]] = {
    "incident.grouped": _grouped,
    "incident.closed": lambda data: f"it is {data['note']}" if str(data["note"]).startswith("part of") else "",
}

_SPOKEN: Mapping[str, Callable[[Json], str]] = {
    "delivery.queued": lambda data: f"{data['channel']} was told, because {BECAUSE.get(data['because'], data['because'])}",
    "delivery.held": lambda data: f"{data['channel']} was told nothing: {data['why']}",
    "incident.unanswered": lambda data: f"nobody had acknowledged it: step {data['step']} of the ladder {data['ladder']}",
    "incident.acknowledged": lambda data: f"{data['by']} acknowledged it: it is escalated and repeated no more",
    "delivery.dead": lambda data: f"{data['channel']} could not be reached: {data['error']}",
    "incident.muted": lambda data: f"muted by {'; '.join(data['reasons'])}",
    "incident.unmuted": lambda data: f"no longer muted by {'; '.join(data['reasons'])}",
    "incident.flapping": lambda data: f"flapping: {data['note']}",
    "incident.calm": lambda data: f"flapping no more: {data['note']}",
    "incident.adopted": lambda data: f"{data['by']} chose `{data['choice']}`" + (f": {data['reason']}" if data["reason"] else ""),
}

_ACTED: Mapping[str, Callable[[Json], str]] = {
    "decision.made": _decided,
    "decision.none": lambda data: data["why"],
    "approval.decided": lambda data: (
        f"{data['approval']}: {data['decision']} by {data['by']}" + (f", {data['reason']}" if data["reason"] else "")
    ),
    "approval.void": lambda data: f"{data['approval']} is void: {data.get('why') or data.get('reason', '')}",
    "action.outcome": lambda data: f"{data['verb']} on {data['subject']} came to: {data['note'] or data['outcome']}",
    "action.proof": lambda data: f"{data['verb']} on {data['subject']} is {'proven' if data['proven'] else 'not proven'}: {data['note']}",
    "action.followed": lambda data: str(data["note"]),
    "run.step": lambda data: str(data.get("said", "")),
}
