"""`stead changes`: what changed in what is watched, when, and by whose hand."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.approvals import subject_text
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, say_json, table


def changes(
    subject: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT]", help="Of what: payments/api, deployment payments/api, or a namespace.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="How far back, like 2h or 7d.")] = "24h",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What changed in what is watched, newest first."""
    about = " ".join(subject or ())
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/changes", subject=about, since=since)
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[_moment(c["at"]), _object(c), c["manager"], _what(c)] for c in found]
    table(("WHEN", "OBJECT", "BY", "WHAT"), rows, empty=f"Nothing{f' of {about}' if about else ''} changed in the last {since}.", widest=3)


def _object(change: dict[str, Any]) -> str:
    return subject_text(change["subject"])


def _what(change: dict[str, Any]) -> str:
    done = change["done"] if change["done"] != "changed" else change["what"]
    source = f"from {change['source']}" if change["source"] else ""
    return ", ".join(part for part in (change["revision"], source) if part) + (": " if change["revision"] or source else "") + done


def _moment(text: str) -> str:
    return text[:19].replace("T", " ")
