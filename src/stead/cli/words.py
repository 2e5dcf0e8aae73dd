"""What an event says to a person: a label, a sentence and a colour. The demo's story and `stead show` tell events with these words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Event = Mapping[str, Any]
Data = Mapping[str, Any]


class Words(NamedTuple):
    label: str
    text: str
    style: str = ""


SEVERITIES = {"critical": "red", "warning": "yellow", "info": "cyan"}
_VERDICTS = {"allow": ("allowed", "bold green"), "needs_approval": ("asks a person", "bold yellow"), "deny": ("not done", "bold red")}


def words(event: Event) -> Words | None:
    """None for an event that people need no line for."""
    teller = _TELLERS.get(event["name"])
    return None if teller is None else teller(event, event["data"])


def _found(_event: Event, data: Data) -> Words:
    blind = data["state"] == "blind"
    count = f" ({data['count']} like it)" if data["count"] > 1 else ""
    style = "magenta" if blind else SEVERITIES.get(data["severity"], "")
    return Words("blind" if blind else "found", _named(data["subject"], data["summary"]) + count, style)


def _quiet(_event: Event, data: Data) -> Words:
    return Words("quiet", f"{data['subject']}: {data['check']} says nothing any more", "green")


def _opened(event: Event, data: Data) -> Words:
    more = f", {data['findings']} findings under one cause" if data["findings"] > 1 else ""
    again = "" if data["episode"] == 1 else f" (again, episode {data['episode']})"
    return Words("incident", f"I-{event['incident']} opens{again}: {data['title']}{more}", "bold " + SEVERITIES.get(data["severity"], ""))


def _moved(event: Event, data: Data) -> Words | None:
    if data["state"] != "escalated":
        return None
    return Words("incident", f"I-{event['incident']} needs a person: {data['note'] or data['title']}", "bold red")


def _muted(event: Event, data: Data) -> Words:
    return Words("muted", f"I-{event['incident']} says nothing, because of {'; '.join(data['reasons'])}", "dim")


def _unmuted(event: Event, _data: Data) -> Words:
    return Words("unmuted", f"I-{event['incident']} may speak again", "dim")


def _acknowledged(event: Event, data: Data) -> Words:
    return Words("acknowledged", f"{data['by']} looks after I-{event['incident']}", "cyan")


def _unanswered(event: Event, data: Data) -> Words:
    return Words("unanswered", f"nobody looks after I-{event['incident']}: {', '.join(data['receivers'])} is told", "yellow")


def _flapping(event: Event, data: Data) -> Words:
    return Words("flapping", f"I-{event['incident']} comes and goes: {data['note']}", "yellow")


def _closed(event: Event, data: Data) -> Words:
    note = f" ({data['note']})" if data["note"] else ""
    return Words("incident", f"I-{event['incident']} is over{note}: {data['title']}", "bold green")


def _decided(_event: Event, data: Data) -> Words:
    said, style = _VERDICTS[data["verdict"]]
    rules = ", ".join(data["rules"])
    return Words("decided", f"{data['verb']} {data['subject']}: {said}, {f'by rule {rules}' if rules else data['why']}", style)


def _asked(_event: Event, data: Data) -> Words:
    return Words("asked", f"{data['approval']}: may Stead {data['verb']} {data['subject']}? {data['reason']}", "yellow")


def _answered(_event: Event, data: Data) -> Words:
    reason = f": {data['reason']}" if data["reason"] else ""
    return Words("answered", f"{data['approval']} {data['decision']} by {data['by']}{reason}", "yellow")


def _void(_event: Event, data: Data) -> Words:
    return Words("void", f"{data['approval']}: {data.get('why') or data.get('reason', '')}", "yellow")


def _intends(_event: Event, data: Data) -> Words:
    return Words("intends", f"{data['verb']} {data['subject']}, because {data['reason']}", "blue")


def _acted(_event: Event, data: Data) -> Words:
    return Words("acted", f"{data['verb']}: {_named(data['subject'], data['note'] or data['outcome'])}", "bold blue")


def _proof(_event: Event, data: Data) -> Words:
    said, style = ("proven", "bold green") if data["proven"] else ("not proven", "bold red")
    return Words("proof", f"{data['verb']} {data['subject']}: {said}, {data['note']}", style)


def _followed(_event: Event, data: Data) -> Words:
    return Words("followed", str(data["note"]))


def _dead(_event: Event, data: Data) -> Words:
    return Words("unsaid", f"{data['channel']} could not be reached: {data['error']}", "bold red")


def _note(_event: Event, data: Data) -> Words:
    return Words("note", data["said"], "dim")


def _named(subject: str, text: str) -> str:
    """The text, with its subject before it unless it names that itself."""
    return text if subject.partition(" ")[2] in text else f"{subject}: {text}"


_TELLERS: Mapping[str, Callable[[Event, Data], Words | None]] = {
    "finding.opened": _found,
    "finding.closed": _quiet,
    "incident.opened": _opened,
    "incident.moved": _moved,
    "incident.muted": _muted,
    "incident.unmuted": _unmuted,
    "incident.flapping": _flapping,
    "incident.acknowledged": _acknowledged,
    "incident.unanswered": _unanswered,
    "incident.closed": _closed,
    "decision.made": _decided,
    "approval.asked": _asked,
    "approval.decided": _answered,
    "approval.void": _void,
    "action.intent": _intends,
    "action.outcome": _acted,
    "action.proof": _proof,
    "action.followed": _followed,
    "delivery.dead": _dead,
    "run.step": _note,
}
