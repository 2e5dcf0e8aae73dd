"""`stead memory`: what is remembered about the estate and its users; people write it, models only propose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json, table
from stead.domain.errors import Exit, UserError
from stead.domain.ids import parse_number
from stead.domain.memory import MemoryKind

app = typer.Typer(help="What is remembered about the estate and its users.", no_args_is_help=True, rich_markup_mode=None)
Number = Annotated[str, typer.Argument(metavar="ID", help="The entry's number, like M-3.")]
Kind = Annotated[MemoryKind, typer.Option("--kind", help="About the estate (MEMORY.md) or a user (USER.md).")]
Words = Annotated[str, typer.Argument(metavar="TEXT", help="One fact, in a sentence.")]


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Every entry; those that are proposed wait for you."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/memory")
    _table(found, output, empty="Nothing is remembered yet.")


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What it is about.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What holds one of these words, best first, in any state."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/memory/search", words=" ".join(words)[:500])
    if found or output is Form.JSON:
        _table(found, output)
    if not found:
        print("Nothing that is remembered holds these words.", file=sys.stderr)
        raise typer.Exit(Exit.NEGATIVE)


@app.command("show")
def show(number: Number, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """One entry, with where it comes from."""
    found: dict[str, Any] = Client.of(url, token).get(f"/api/memory/{parse_number(number, 'M')}")
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['id']} ({found['kind']}, {found['state']}): {found['text']}"))
    print(line(f"by {found['author']}{' in ' + found['run'] if found['run'] else ''}, {found['created_at'][:10]}"))
    if found["tainted"]:
        print("learned from words of somebody else: a run that is told it is tainted")
    if found["decided_by"]:
        print(line(f"decided by {found['decided_by']}"))
    if found["expires_at"]:
        print(line(f"holds until {found['expires_at'][:10]}"))


@app.command("add")
def add(
    text: Words,
    kind: Kind = MemoryKind.ESTATE,
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="How long it holds.", show_default="for good")] = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Remember a fact."""
    _told(Client.of(url, token).post("/api/memory", {"text": text, "kind": kind.value, "days": days}))


@app.command("edit")
def edit(number: Number, text: Words, url: Url = None, token: Token = None) -> None:
    """Write an entry anew, which approves it."""
    _told(Client.of(url, token).post(f"/api/memory/{parse_number(number, 'M')}/edit", {"text": text}))


@app.command("approve")
def approve(number: Number, url: Url = None, token: Token = None) -> None:
    """Let models be told what one of them proposed."""
    _told(Client.of(url, token).post(f"/api/memory/{parse_number(number, 'M')}/decision", {"decision": "approve"}))


@app.command("reject")
def reject(number: Number, url: Url = None, token: Token = None) -> None:
    """Have it told to nobody, and not proposed again."""
    _told(Client.of(url, token).post(f"/api/memory/{parse_number(number, 'M')}/decision", {"decision": "reject"}))


@app.command("forget")
def forget(number: Number, url: Url = None, token: Token = None) -> None:
    """Delete an entry for good."""
    gone: dict[str, Any] = Client.of(url, token).delete(f"/api/memory/{parse_number(number, 'M')}")
    print(line(f"{gone['id']} is forgotten: {gone['text']}"))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A MEMORY.md or USER.md; `-` reads stdin.")],
    kind: Kind = MemoryKind.ESTATE,
    url: Url = None,
    token: Token = None,
) -> None:
    """Take in the list items and paragraphs of a file that are not there yet."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read as text", hint="check the path and who may read it") from error
    made: list[dict[str, Any]] = Client.of(url, token).post("/api/memory/import", {"markdown": text, "kind": kind.value})
    for entry in made:
        _told(entry)
    print(f"{len(made)} entries are new")


@app.command("export")
def export(kind: Kind = MemoryKind.ESTATE, url: Url = None, token: Token = None) -> None:
    """Print what holds as MEMORY.md or USER.md."""
    print(clean(Client.of(url, token).get("/api/memory/export", kind=kind.value)["markdown"]), end="")


def _table(found: list[dict[str, Any]], output: Form, empty: str = "") -> None:
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[e["id"], e["kind"], e["state"], e["text"], e["author"] + (f" in {e['run']}" if e["run"] else "")] for e in found]
    table(("ID", "ABOUT", "STATE", "TEXT", "BY"), rows, empty=empty, widest=3)


def _told(entry: dict[str, Any]) -> None:
    print(line(f"{entry['id']} ({entry['state']}): {entry['text']}"))
