"""`stead sessions list|show|search|delete`: conversations with Stead, while they last and afterwards."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json, table

app = typer.Typer(no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The session's id, from `stead sessions list`.")]


@app.callback()
def sessions() -> None:
    """Conversations with Stead. They end after 30 minutes without a question, and are kept for 90 days."""


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Your sessions, used last first."""
    _tell(Client.of(url, token).get("/api/sessions"), output, "You have not talked with Stead yet: stead ask.")


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="All of them stand in it.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Sessions in which these words stand."""
    _tell(Client.of(url, token).get("/api/sessions", search=" ".join(words)), output, "Nothing that was said has these words.")


@app.command()
def show(session: Id, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """What was asked and answered in one session."""
    found: dict[str, Any] = Client.of(url, token).get(f"/api/sessions/{quote(session, safe='')}")
    if output is Form.JSON:
        say_json(found)
        return
    about = f" about {found['incident']}" if found["incident"] else ""
    ended = f"ended {found['ended_at'][:16]}" if found["ended_at"] else "open"
    print(line(f"{found['id']}  with the {found['agent']}{about}, {ended}"))
    for turn in found["messages"]:
        run = f" ({turn['run']}, {turn['ending'] or 'under way'})" if turn["run"] else ""
        print(f"\n> {line(turn['question'])}" + (f"  [{len(turn['attached'].splitlines())} lines sent along]" if turn["attached"] else ""))
        print(f"\n{clean(turn['answer'])}" if turn["answer"] is not None else f"\nno answer yet{run}")


@app.command()
def delete(session: Id, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Forget a session now, with what its runs saw."""
    gone: dict[str, Any] = Client.of(url, token).delete(f"/api/sessions/{quote(session, safe='')}")
    if output is Form.JSON:
        say_json(gone)
    else:
        print(line(f"{gone['id']} is forgotten"))


def _tell(found: list[dict[str, Any]], output: Form, empty: str) -> None:
    if output is Form.JSON:
        say_json(found)
        return
    rows = [
        [s["id"], s["used_at"][:16].replace("T", " "), "ended" if s["ended_at"] else "open", s["incident"] or "", s["title"]] for s in found
    ]
    table(("ID", "USED", "STATE", "ABOUT", "BEGAN WITH"), rows, empty=empty, widest=4)
