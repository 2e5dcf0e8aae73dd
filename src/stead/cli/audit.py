"""`stead audit verify|show|export`: who decided what, what was done, and the proof; and that nobody has changed it since."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table

app = typer.Typer(help="What was decided and done, in a chain that nobody can change unseen.", no_args_is_help=True, rich_markup_mode=None)


@app.command("verify")
def verify(
    head: Annotated[str, typer.Option("--head", help="A head that was told or written down elsewhere, like 812:ab12….")] = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Say whether the chain is whole. The exit code is 1 when it is not."""
    found: dict[str, Any] = Client.of(url, token).get("/api/audit/verify", **({"head": head} if head else {}))
    if output is Form.JSON:
        say_json(found)
    elif found["whole"]:
        end = f", head {found['head']}" if found["head"] else ""
        print(line(f"The chain is whole: {found['rows']} rows, {found['heads']} signed heads{end}"))
    else:
        for text in found["problems"]:
            print(line(text))
    if not found["whole"]:
        raise typer.Exit(1)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="An incident like I-41, a question like A-17, or an action like 41.1.1.1.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Evidence, decision, approval, intent, outcome and proof of one action, or of an incident."""
    found: list[dict[str, Any]] = Client.of(url, token).get(f"/api/audit/rows/{quote(name, safe='')}")
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[str(r["seq"]), r["at"][:19].replace("T", " "), r["kind"], r["principal"], r["action"], _said(r["body"])] for r in found]
    table(("ROW", "WHEN", "WHAT", "WHO", "ACTION", "SAYS"), rows, empty="Nothing was audited.", widest=5)


@app.command("export")
def export(url: Url = None, token: Token = None) -> None:
    """Print the whole chain, a row of JSON a line."""
    client, after = Client.of(url, token), 0
    while page := client.get("/api/audit", after=after):
        for row in page:
            print(json.dumps(row, ensure_ascii=True))
        after = page[-1]["seq"]


def _said(body: dict[str, Any]) -> str:
    """The words of a row that a person wants first."""
    parts = [str(body[key]) for key in ("verdict", "decision", "outcome", "verb", "subject") if body.get(key)]
    if "proven" in body:
        parts.insert(0, "proven" if body["proven"] else "not proven")
    words = ("why", "note", "reason", "summary", "what")
    if not parts and "check" in body:  # what was seen
        parts, words = [str(body["check"])], ("summary", "reason")
    why = next((str(body[key]) for key in words if body.get(key)), "")
    return " ".join(parts) + (f": {why}" if why else "")
