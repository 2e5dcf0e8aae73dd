"""`stead hooks list|test`: the ways in for other systems, and what one of them makes of a request."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import UserError

app = typer.Typer(no_args_is_help=True)

LARGEST = 2 * 1024 * 1024
"""Bytes: what the service takes of one request."""


@app.callback()
def hooks() -> None:
    """The ways in for other systems: which there are, and what each makes of what it is sent."""


@app.command("list")
def list_(config: Config = None, output: Output = Form.TABLE) -> None:
    """The hooks of the configuration: their addresses, and how each knows its sender."""
    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.hooks import hook_settings

    loaded = load(config)
    found = [
        {
            "name": hook.called,
            "kind": hook.kind,
            "address": f"/hooks/{hook.kind}" + (f"/{hook.called}" if hook.called != hook.kind else ""),
            "known_by": "bearer" if hook.bearer is not None else "basic" if hook.basic is not None else "signature",
            "estate": hook.estate,
        }
        for hook, _, _ in hook_settings(loaded.settings, shelves().sources, loaded.written)
    ]
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[one["name"], one["kind"], one["address"], one["known_by"], one["estate"] or "any"] for one in found]
    table(("NAME", "KIND", "ADDRESS", "KNOWN BY", "ESTATE"), rows, empty="No hook is configured.", widest=2)


@app.command("test")
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The hook, as `stead hooks list` shows it.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the system sends, in a file; - reads it from stdin.")],
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="A header that the system sends along, `Name: value`.")] = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """Say what a request to the hook would become. Asks no service and keeps nothing. Exit code 1 when it would be refused."""
    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.hook_trial import reader, trial

    loaded = load(config)
    hook, read = reader(loaded.settings, shelves().sources, name, loaded.written)
    found = trial(hook, read, _body(file), _headers(header or []))
    if output is Form.JSON:
        say_json(found)
        return
    print(
        f"`{name}` would take {len(found)} thing{'' if len(found) == 1 else 's'} from it."
        if found
        else "It would be taken, and says nothing."
    )
    for one in found:
        for text in ("", *_told(one)):
            print(line(text))


def _body(file: str) -> bytes:
    try:
        if file == "-":
            body = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                body = opened.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {(error.strerror or '').lower()}", hint="is the path right?") from error
    if len(body) > LARGEST:
        raise UserError(f"{file} is larger than {LARGEST} bytes, and would be refused", hint="have less sent at once")
    return body


def _headers(given: list[str]) -> Mapping[str, str]:
    """By their names in lower case."""
    found: dict[str, str] = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise UserError(f"--header `{text[:60]}` is no header", hint="write it like `X-GitHub-Event: push`")
        found[name.strip().lower()] = value.strip()
    return found


def _told(one: Mapping[str, Any]) -> Iterator[str]:
    if one["becomes"] == "change":
        yield f"a change: {one['name']}, by {one['by'] or 'somebody'}, from {one['from'] or 'nothing that is told'}: {one['what']}"
        return
    if one["becomes"] == "heartbeat":
        yield f"a sign of life of the heartbeat {one['name']}"
        return
    yield f"{one['check']}, {one['severity']}, {'firing' if one['firing'] else 'resolved'}: {one['summary']}"
    yield f"  about  {one['about']} (where an estate knows it, with its owner)"
    yield f"  key    {one['key']}"
    yield f"  since  {one['since'] or 'when it is heard'}"
    yield from (f"  {evidence['what']}: {evidence['value']}" for evidence in one["evidence"])
