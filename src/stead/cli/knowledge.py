"""`stead knowledge`: the runbooks, edge cases, skills and pages of this house, and the drafts that wait for you."""

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

app = typer.Typer(
    help="The runbooks, edge cases, skills and pages of this house, and drafts that wait for you.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Number = Annotated[str, typer.Argument(metavar="ID", help="The entry's number, like K-3.")]


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Every entry; those that are proposed wait for you."""
    client = Client.of(url, token)
    found: list[dict[str, Any]] = client.get("/api/knowledge")
    if output is Form.JSON:
        say_json(found)
        return
    nothing = "Nothing is known yet: name folders or repositories under `knowledge` in the configuration."
    rows = [[e["id"], e["kind"], e["state"], e["title"], f"{e['source']}: {e['path']}"] for e in found]
    table(("ID", "KIND", "STATE", "TITLE", "FROM"), rows, empty=nothing, widest=3)
    _told(client.get("/api/knowledge/sources"), only_trouble=True)


@app.command("sources")
def sources(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Where it comes from, how fresh that is, and which files cannot be used."""
    _sources(Client.of(url, token).get("/api/knowledge/sources"), output)


@app.command("refresh")
def refresh(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Look now whether there is something new in every source."""
    _sources(Client.of(url, token).post("/api/knowledge/refresh", {}), output)


@app.command("show")
def show(
    number: Number,
    url: Url = None,
    token: Token = None,
    file: Annotated[bool, typer.Option("--file", help="As the file that it is or could be, to be put into a repository.")] = False,
    output: Output = Form.TABLE,
) -> None:
    """One entry, with where it comes from and when it fits."""
    found: dict[str, Any] = Client.of(url, token).get(f"/api/knowledge/{parse_number(number, 'K')}")
    if file:
        print(clean(found["file"]), end="")
        return
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['id']} {found['kind']}, {found['state']}: {found['title']}"))
    at = f" at {found['commit'][:12]}" if found["commit"] else ""
    made = [f"by {found['author']}", *(found[key] for key in ("run", "incident") if found[key])] if found["author"] else []
    print(line(f"from {found['source']}: {found['path']}{at}" + (f" ({', '.join(made)})" if made else "")))
    for name, wanted in found["fits"].items():
        if wanted:
            print(line(f"fits {name}: {', '.join(wanted)}"))
    if found["strategy"]:
        print(line(f"strategy: {found['strategy']}"))
    if found["decided_by"]:
        print(line(f"decided by {found['decided_by']}"))
    if found["expires_at"]:
        print(line(f"holds until {found['expires_at'][:10]}"))
    if found["tainted"]:
        print("holds words of somebody else: a run that is told it is tainted")
    print()
    print(clean(found["text"]))


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="What it is about.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What holds these words, best first, with the lines that do."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/knowledge/search", words=" ".join(words)[:500])
    if output is Form.JSON:
        say_json(found)
    else:
        for entry in found:
            state = "" if entry["state"] == "approved" else f", {entry['state']}"
            print(line(f"{entry['id']} {entry['kind']}{state}: {entry['title']} ({entry['source']}: {entry['path']})"))
            for each in entry["lines"]:
                print(f"  {each['line']}: {line(each['text'])}")
    if not found:
        print("Nothing holds these words.", file=sys.stderr)
        raise typer.Exit(Exit.NEGATIVE)


@app.command("check")
def check(files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Markdown files of knowledge.")]) -> None:
    """Whether files say what they mean to, and what Stead reads in them. Needs no service."""
    from stead.app.knowledge_files import read_file

    for file in files:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise UserError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}", hint="check the path") from error
        made = read_file(raw, str(file))
        asked = "; ".join(f"{name} {', '.join(getattr(made.fits, name))}" for name in made.fits.__slots__ if getattr(made.fits, name))
        when = f"fits {asked}" if asked else "found by search alone"
        shown = ", shown with every such incident" if made.fits.exact else ""
        print(line(f"{file}: {made.kind.word}, {made.title} ({when}{shown})"))


@app.command("approve")
def approve(number: Number, url: Url = None, token: Token = None) -> None:
    """Let a draft be used, or again what you had rejected."""
    _decided(Client.of(url, token).post(f"/api/knowledge/{parse_number(number, 'K')}/decision", {"decision": "approve"}))


@app.command("reject")
def reject(number: Number, url: Url = None, token: Token = None) -> None:
    """Have it told to nobody."""
    _decided(Client.of(url, token).post(f"/api/knowledge/{parse_number(number, 'K')}/decision", {"decision": "reject"}))


@app.command("forget")
def forget(number: Number, url: Url = None, token: Token = None) -> None:
    """Delete what Stead wrote for good."""
    gone: dict[str, Any] = Client.of(url, token).delete(f"/api/knowledge/{parse_number(number, 'K')}")
    print(line(f"{gone['id']} is forgotten: {gone['title']}"))


def _decided(entry: dict[str, Any]) -> None:
    print(line(f"{entry['id']} ({entry['state']}): {entry['title']}"))


def _sources(found: list[dict[str, Any]], output: Form) -> None:
    if output is Form.JSON:
        say_json(found)
        return
    rows = [
        [s["name"], str(s["entries"]), s["commit"][:12], str(s["looked_at"] or "never")[:16].replace("T", " "), s["from"]] for s in found
    ]
    table(("NAME", "ENTRIES", "COMMIT", "LOOKED AT", "FROM"), rows, empty="No source is configured.", widest=4)
    _told(found, only_trouble=False)


def _told(found: list[dict[str, Any]], *, only_trouble: bool) -> None:
    for source in found:
        if source["trouble"]:
            print(line(f"{source['name']} could not be brought up to date: {source['trouble']}"), file=sys.stderr)
        if source["left_out"]:
            print(line(f"{source['name']} has {source['left_out']} files more than are read"), file=sys.stderr)
        if source["broken"] and only_trouble:
            many = len(source["broken"])
            print(line(f"{source['name']}: {many} files cannot be used; `stead knowledge sources` says why"), file=sys.stderr)
        elif source["broken"]:
            for path, why in source["broken"].items():
                said = why if why.startswith(path) else f"{path}: {why}"
                print(line(f"{source['name']}: {said}"), file=sys.stderr)
