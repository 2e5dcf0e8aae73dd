"""`stead approvals`, `stead approve A-17`, `stead deny A-17`: a person's word on one exact action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import UserError
from stead.domain.ids import parse_number

Number = Annotated[str, typer.Argument(metavar="ID", help="The approval's number, like A-17.")]
Reason = Annotated[str, typer.Option("--reason", help="Kept with the decision.")]
All = Annotated[bool, typer.Option("--all", help="Decided ones too.")]


def approvals(url: Url = None, token: Token = None, everything: All = False, output: Output = Form.TABLE) -> None:
    """What waits for a person's yes or no."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/approvals", **({"all": 1} if everything else {}))
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[a["id"], f"{a['verb']} {subject_text(a['subject'])}: {a['reason']}", a["state"], a["incident"]] for a in found]
    table(("ID", "WHAT", "STATE", "INCIDENT"), rows, empty="Nothing waits for an approval.")


def approve(
    number: Number,
    reason: Reason = "",
    edit: Annotated[list[str] | None, typer.Option("--set", help="Another value, like to_revision=11: a new action, bound anew.")] = None,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Say yes to one exact action, or with --set to another in its place."""
    _decide(number, "approve", reason, Client.of(url, token), output, _values(edit or ()))


def deny(number: Number, reason: Reason = "", url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Say no to it."""
    _decide(number, "deny", reason, Client.of(url, token), output, {})


def _values(given: Sequence[str]) -> dict[str, int | str | bool]:
    """`to_revision=11` → {"to_revision": 11}. UserError for what is no pair."""
    found: dict[str, int | str | bool] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"`{pair[:60]}` sets nothing", hint="write it like --set to_revision=11")
        whole = value.isascii() and value.isdecimal() and len(value) < 19
        found[name] = int(value) if whole else {"true": True, "false": False}.get(value, value)
    return found


def _decide(number: str, decision: str, reason: str, client: Client, output: Form, edited: dict[str, int | str | bool]) -> None:
    digits = parse_number(number, "A")
    body = {"decision": decision, "reason": reason, **({"parameters": edited} if edited else {})}
    answer: dict[str, Any] = client.post(f"/api/approvals/{digits}/decision", body)
    if output is Form.JSON:
        say_json(answer)
        return
    if answer["state"] == "pending" and answer["first_by"]:
        print(line(f"{answer['id']} waits for a second person: {answer['first_by']} has said yes ({answer['incident']})"))
        return
    what = f"{answer['verb']} {subject_text(answer['subject'])}"
    print(line(f"{answer['id']} {answer['state']}: {what} ({answer['incident']})"))


def subject_text(subject: dict[str, Any]) -> str:
    """`Deployment payments/api`, from a subject as the API gives it."""
    path = f"{subject['namespace']}/{subject['name']}" if subject["namespace"] else subject["name"]
    return f"{subject['kind']} {path}"
