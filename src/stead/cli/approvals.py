"""`stead approvals`, `stead approve A-17`, `stead deny A-17`: a person's word on one exact action."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
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


def approve(number: Number, reason: Reason = "", url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Say yes to one exact action."""
    _decide(number, "approve", reason, Client.of(url, token), output)


def deny(number: Number, reason: Reason = "", url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Say no to it."""
    _decide(number, "deny", reason, Client.of(url, token), output)


def _decide(number: str, decision: str, reason: str, client: Client, output: Form) -> None:
    digits = parse_number(number, "A")
    answer: dict[str, Any] = client.post(f"/api/approvals/{digits}/decision", {"decision": decision, "reason": reason})
    if output is Form.JSON:
        say_json(answer)
        return
    what = f"{answer['verb']} {subject_text(answer['subject'])}"
    print(line(f"{answer['id']} {answer['state']}: {what} ({answer['incident']})"))


def subject_text(subject: dict[str, Any]) -> str:
    """`Deployment payments/api`, from a subject as the API gives it."""
    path = f"{subject['namespace']}/{subject['name']}" if subject["namespace"] else subject["name"]
    return f"{subject['kind']} {path}"
