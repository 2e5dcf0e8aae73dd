"""`stead silence add|list|expire`: hear nothing of something for a while."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import UserError
from stead.domain.ids import parse_number

app = typer.Typer(help="What Stead says nothing of, and until when.", no_args_is_help=True, rich_markup_mode=None)


@app.command("add")
def add(
    matchers: Annotated[list[str], typer.Argument(metavar="MATCHER...", help='What: namespace=dev, kind=~"Pod|Job", check!=disk.')],
    lasts: Annotated[str | None, typer.Option("--for", help="How long, like 2h or 7d.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when (UTC), like 2026-12-01T20:00.")] = None,
    start: Annotated[str | None, typer.Option("--start", help="From when (UTC).", show_default="now")] = None,
    forever: Annotated[bool, typer.Option("--no-end", help="Until it is expired by hand.")] = False,
    comment: Annotated[str, typer.Option("--comment", help="Why, for people.")] = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Hear nothing of what matches all of these."""
    if [lasts is not None, until is not None, forever].count(True) != 1:
        raise UserError("a silence needs one of --for, --until and --no-end", hint="stead silence add namespace=dev --for 2h --comment why")
    body: dict[str, Any] = {"matchers": matchers, "comment": comment, "for": lasts, "ends_at": until, "starts_at": start}
    made: dict[str, Any] = Client.of(url, token).post("/api/silences", body)
    if output is Form.JSON:
        say_json(made)
        return
    begins = "from now" if made["state"] == "active" else f"from {_moment(made['starts_at'])}"
    print(line(f"{made['id']}: silent {begins} {_until(made)}: {', '.join(made['matchers'])}"))


@app.command("list")
def list_(
    url: Url = None,
    token: Token = None,
    everything: Annotated[bool, typer.Option("--all", help="Expired ones too.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """The silences that hold or will."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/silences", **({"all": 1} if everything else {}))
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[s["id"], s["state"], ", ".join(s["matchers"]), _until(s).removeprefix("until "), s["author"], s["comment"]] for s in found]
    table(("ID", "STATE", "WHAT", "UNTIL", "AUTHOR", "WHY"), rows, empty="Nothing is silenced.", widest=2)


@app.command("expire")
def expire(
    number: Annotated[str, typer.Argument(metavar="ID", help="The silence's number, like S-3.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """End a silence now: what it held back is told, if it is still open."""
    ended: dict[str, Any] = Client.of(url, token).post(f"/api/silences/{parse_number(number, 'S')}/expire", {})
    if output is Form.JSON:
        say_json(ended)
        return
    print(line(f"{ended['id']} has ended: {', '.join(ended['matchers'])}"))


def _until(silence: dict[str, Any]) -> str:
    return f"until {_moment(silence['ends_at'])}" if silence["ends_at"] else "until it is expired"


def _moment(text: str) -> str:
    """`2026-12-01T20:00:00Z` → `2026-12-01 20:00 UTC`."""
    return f"{text[:16].replace('T', ' ')} UTC"
