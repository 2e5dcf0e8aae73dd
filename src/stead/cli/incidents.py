"""`stead incidents` and `stead show I-41`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli import graph as drawing
from stead.cli.approvals import subject_text
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json, table
from stead.cli.words import words
from stead.domain.errors import UserError
from stead.domain.ids import parse_number

All = Annotated[bool, typer.Option("--all", help="Closed ones too.")]


def incidents(url: Url = None, token: Token = None, everything: All = False, output: Output = Form.TABLE) -> None:
    """Open incidents."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/incidents", **({"all": 1} if everything else {}))
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[i["id"], i["severity"], i["title"], _state(i), _moment(i["opened_at"])[:16]] for i in found]
    nothing = "No incident yet." if everything else "No open incident."
    table(("ID", "SEVERITY", "WHAT", "STATE", "SINCE"), rows, empty=nothing, widest=2)


def show(
    number: Annotated[str, typer.Argument(metavar="ID", help="The incident's number, like I-41.")],
    url: Url = None,
    token: Token = None,
    graph: Annotated[bool, typer.Option("--graph", help="How its findings hang on their cause, as a tree.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="The same as a picture, into this file.")] = None,
    output: Output = Form.TABLE,
) -> None:
    """One incident's whole story."""
    path = f"/api/incidents/{parse_number(number, 'I')}"
    if graph or svg is not None:
        _graph(Client.of(url, token).get(f"{path}/graph"), svg, output)
        return
    found: dict[str, Any] = Client.of(url, token).get(path)
    if output is Form.JSON:
        say_json(found)
        return
    for text in story(found):
        print(text)


def _graph(found: dict[str, Any], svg: Path | None, output: Form) -> None:
    if svg is not None:
        try:
            svg.write_text(drawing.svg(found), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{svg} cannot be written: {error.strerror}", hint="name another file") from error
        print(f"{svg} shows {found['id']}", file=sys.stderr)
    elif output is Form.JSON:
        say_json(found)
    else:
        for text in drawing.tree(found):
            print(text)


def story(found: dict[str, Any]) -> Iterator[str]:
    """The incident as lines: what is wrong, what was seen, what was decided and done, who was told."""
    yield line(f"{found['id']}  {found['severity']}  {_state(found)}  {found['title']}")
    ended = f", closed {_moment(found['closed_at'])}" if found["closed_at"] else ""
    again = f", episode {found['episode']}" if found["episode"] > 1 else ""
    yield f"opened {_moment(found['opened_at'])}{ended}{again}"
    if found["note"]:
        yield line(found["note"])
    yield from (line(f"muted by {mute['kind']} {mute['name']}: {mute['why']}") for mute in found["muted"])
    if found["cause"] is not None:
        yield from _section("Cause", [_finding(found["cause"])])
        yield from (f"    {text}" for text in (*_changes(found["cause"]), *_evidence(found["cause"])))
    yield from _section("Symptoms", [_symptom(finding) for finding in found["findings"] if not finding["cause"]])
    yield from _section("Knowledge", [_knowledge(entry) for entry in found["knowledge"]])
    yield from _section("Actions", [_action(action) for action in found["actions"]])
    yield from _section("Approvals", [_approval(approval) for approval in found["approvals"]])
    yield from _section("Told", [*_told(found["deliveries"])])
    yield from _section("Notes", [f"{_moment(m['at'])}  {m['author']}: {m['text']}" for m in found["messages"]])
    yield from _section("What happened", [*_happened(found["events"])])


def _state(incident: dict[str, Any]) -> str:
    more = [word for word, holds in (("flapping", incident["flapping_since"]), ("muted", incident["muted"])) if holds]
    return ", ".join([incident["state"], *more])


def _happened(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        said = words(event)
        if said is not None:
            yield f"{_moment(event['at'])}  {said.label:<9} {said.text}"


def _section(title: str, texts: list[str]) -> Iterator[str]:
    if texts:
        yield ""
        yield title
        yield from (f"  {line(text)}" for text in texts)


def _finding(finding: dict[str, Any]) -> str:
    many = f" ({len(finding['instances'])} of them)" if len(finding["instances"]) > 1 else ""
    return f"{subject_text(finding['subject'])}: {finding['summary']}{many}"


def _symptom(finding: dict[str, Any]) -> str:
    return _finding(finding) + (f", over since {_moment(finding['closed_at'])}" if finding["closed_at"] else "")


def _changes(finding: dict[str, Any]) -> Iterator[str]:
    for change in finding["changes"]:
        yield line(f"changed {_moment(change['at'])} by {change['manager'] or 'somebody'}: {change_text(change)}")


def change_text(change: dict[str, Any]) -> str:
    """What was changed, and into what: `Deployment payments/api, revision 12: image: 1.4 → 1.5`."""
    parts = [subject_text(change["subject"]), change["revision"], f"from {change['source']}" if change["source"] else ""]
    return f"{', '.join(part for part in parts if part)}: {change['what']}"


def _evidence(finding: dict[str, Any]) -> Iterator[str]:
    for evidence in finding["evidence"]:
        yield from clean(f"{evidence['what']}: {evidence['value']}").splitlines()
        if evidence["command"]:
            yield line(f"$ {evidence['command']}")


def _knowledge(entry: dict[str, Any]) -> str:
    strategy = f": {entry['strategy']}" if entry["strategy"] else ""
    kind = entry["kind"].replace("-", " ").capitalize()
    kind += ", a draft that waits for you" if entry["state"] == "proposed" else ""
    return f"{kind}: {entry['title']}{strategy} (stead knowledge show {entry['id']})"


def _action(action: dict[str, Any]) -> str:
    rules = f" by rule {', '.join(action['rules'])}" if action["rules"] else ""
    note = f": {action['note']}" if action["note"] else ""
    return f"{action['verb']} {subject_text(action['subject'])}  {action['state']} ({action['verdict']}{rules}){note}"


def _approval(approval: dict[str, Any]) -> str:
    by = f" by {approval['decided_by']}" if approval["decided_by"] else f" until {_moment(approval['expires_at'])}"
    said = f": {approval['decision_reason']}" if approval["decision_reason"] else ""
    return f"{approval['id']}  {approval['verb']} {subject_text(approval['subject'])}  {approval['state']}{by}{said}"


def _told(deliveries: list[dict[str, Any]]) -> Iterator[str]:
    """One line for what was told again and again in the same way."""
    for text, alike in groupby(map(_delivery, deliveries)):
        times = sum(1 for _ in alike)
        yield f"{text} ({times} times)" if times > 1 else text


def _delivery(delivery: dict[str, Any]) -> str:
    error = f": {delivery['error']}" if delivery["error"] else ""
    return f"{delivery['channel']}  {delivery['state']}, because {delivery['because']}{error}"


def _moment(text: Any) -> str:
    """`2026-11-20T17:30:13.123456+00:00` → `2026-11-20 17:30:13`."""
    return line(str(text or ""))[:19].replace("T", " ")
