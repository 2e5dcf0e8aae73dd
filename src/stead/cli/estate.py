"""`stead estate brief`: what every run is told of an estate, made from its live picture and corrected by you."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json
from stead.domain.errors import UserError

app = typer.Typer(help="What every run is told of an estate.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """A group, though it has one command."""


@app.command("brief")
def brief(
    estate: Annotated[str, typer.Option("--estate", help="Its id.", show_default="the first one")] = "",
    edit: Annotated[bool, typer.Option("--edit", help="Correct it in $EDITOR.")] = False,
    set_: Annotated[Path | None, typer.Option("--set", help="Take what this file says; `-` reads stdin.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Take all corrections back.")] = False,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Nodes, storage, namespaces, GitOps and ingress, and what you say of them; `## ` sections that you change stay as you wrote them."""
    client = Client.of(url, token)
    named = {"estate": estate} if estate else {}
    found: dict[str, Any] = client.get("/api/estate/brief", **named)
    text = "" if reset else _written(found["markdown"], edit=edit, file=set_)
    if text is not None:
        query = f"?estate={quote(found['estate'])}"
        found = client.ask("PUT", f"/api/estate/brief{query}", json.dumps({"markdown": text}))
    if output is Form.JSON:
        say_json(found)
        return
    print(clean(found["markdown"].rstrip()))
    for name, generated in found["overruled"].items():
        first = line(generated)
        print(line(f"{name} is yours; it would say now: {first[:200]}"), file=sys.stderr)
    for note in found.get("notes", []):
        print(line(f"told with it: {note['id']}, what you wrote for agents ({note['place']})"), file=sys.stderr)


def _written(before: str, *, edit: bool, file: Path | None) -> str | None:
    """What a person writes in its place; None where nobody does."""
    if file is not None:
        try:
            return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file} cannot be read as text", hint="check the path and who may read it") from error
    if not edit:
        return None
    import click

    written = click.edit(before, extension=".md")
    return None if written is None or written == before else written
