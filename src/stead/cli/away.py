"""`stead away set|list|back`: who is told nothing for a while."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import UserError

app = typer.Typer(help="Who is away, and told nothing until when.", no_args_is_help=True, rich_markup_mode=None)

Receiver = Annotated[str, typer.Argument(metavar="RECEIVER", help="A receiver or a channel, as in the routes.")]


@app.command("set")
def set_(
    receiver: Receiver,
    lasts: Annotated[str | None, typer.Option("--for", help="How long, like 8h or 14d.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when (UTC), like 2026-12-01T20:00.")] = None,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Tell this receiver nothing until then; whatever is for them alone is told somebody else."""
    if (lasts is None) is (until is None):
        raise UserError("needs one of --for and --until", hint="stead away set anna --for 3d")
    found = Client.of(url, token).post(f"/api/away/{quote(receiver, safe='')}", {"for": lasts, "until": until})
    _say(found, output)


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Who is away, and until when."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/away")
    if output is Form.JSON:
        say_json(found)
        return
    table(("RECEIVER", "UNTIL"), [[each["receiver"], _moment(each["until"])] for each in found], empty="Nobody is away.", widest=0)


@app.command("back")
def back(receiver: Receiver, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """They are back: what waited for them is told at once."""
    _say(Client.of(url, token).delete(f"/api/away/{quote(receiver, safe='')}"), output)


def _say(found: dict[str, Any], output: Form) -> None:
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['receiver']} is " + (f"away until {_moment(found['until'])}" if found["until"] else "back")))


def _moment(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"
