"""`stead outbox list|retry|drop`, and `stead ack`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.domain.ids import incident_number, parse_number

app = typer.Typer(help="Messages that wait to leave, or were given up on.", no_args_is_help=True, rich_markup_mode=None)

Number = Annotated[str, typer.Argument(metavar="ID", help="The message's number, like D-12.")]


@app.command("list")
def list_(
    url: Url = None,
    token: Token = None,
    everything: Annotated[bool, typer.Option("--all", help="What left, was held or dropped, too: the newest 1000.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """What waits to leave, and what was given up on, with the reason."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/outbox", **({"all": 1} if everything else {}))
    if output is Form.JSON:
        say_json(found)
        return
    rows = [
        [each["id"], each["state"], each["channel"], each["incident"], each["title"], str(each["attempts"]), each["error"]]
        for each in found
    ]
    table(("ID", "STATE", "CHANNEL", "INCIDENT", "SAYS", "TRIES", "WHY"), rows, empty="Nothing waits to leave.", widest=4)


@app.command("retry")
def retry(number: Number, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Try a message again at once, with what is to be said now."""
    _change(number, "retry", "is tried again", url, token, output)


@app.command("drop")
def drop(number: Number, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Take a message out: it is not said."""
    _change(number, "drop", "is dropped", url, token, output)


def _change(number: str, what: str, said: str, url: str | None, token: str | None, output: Form) -> None:
    changed: dict[str, Any] = Client.of(url, token).post(f"/api/outbox/{parse_number(number, 'D')}/{what}", {})
    if output is Form.JSON:
        say_json(changed)
        return
    print(line(f"{changed['id']} to {changed['channel']} {said}: {changed['title']}"))


def ack(
    number: Annotated[str, typer.Argument(metavar="ID", help="The incident's number, like I-41.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Say that you look after an incident: it is escalated and repeated no more."""
    wanted = parse_number(number, "I")
    found: dict[str, Any] = Client.of(url, token).post(f"/api/incidents/{wanted}/acknowledgement", {})
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['by']} looks after {incident_number(wanted)} since {found['at'][:16].replace('T', ' ')} UTC"))
