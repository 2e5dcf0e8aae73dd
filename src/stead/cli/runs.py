"""`stead runs list|show|replay|cancel` and `stead investigate I-41`: what models did, and a way to ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli import run_story
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.cli.standing import spent_lines
from stead.domain import ids
from stead.domain.errors import UserError
from stead.domain.goal import INCIDENT
from stead.domain.ids import parse_number

app = typer.Typer(no_args_is_help=True)

Whole = Annotated[bool, typer.Option("--whole", help="All of what each look saw.")]


@app.callback()
def runs() -> None:
    """What models did: every call of a model and a tool, tokens and money."""


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Runs of models, newest first, and what all of them have cost this day and month."""
    client = Client.of(url, token)
    found: list[dict[str, Any]] = client.get("/api/runs")
    if output is Form.JSON:
        say_json(found)
        return
    rows = [
        [
            r["id"],
            _of(r),
            r["ending"] or "under way",
            r["cause"] or r["note"] or r["question"],
            str(r["tokens"]),
            run_story.money(r["money"]),
        ]
        for r in found
    ]
    table(("ID", "ABOUT", "ENDED", "CAUSE", "TOKENS", "MONEY"), rows, empty="No model was asked yet.", widest=3)
    for text in spent_lines(client.get("/api/spending")):
        print(f"\n{text}")


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="ID", help="The run's number, like R-9.")],
    url: Url = None,
    token: Token = None,
    whole: Whole = False,
    output: Output = Form.TABLE,
) -> None:
    """One run, step by step."""
    found: dict[str, Any] = Client.of(url, token).get(f"/api/runs/{parse_number(number, 'R')}")
    if output is Form.JSON:
        say_json(found)
        return
    for text in _told(found, whole):
        print(text)


@app.command()
def cancel(
    number: Annotated[str, typer.Argument(metavar="ID", help="The run's number, like R-9.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """End a run that is under way. What it had seen stays in its record."""
    ended: dict[str, Any] = Client.of(url, token).post(f"/api/runs/{parse_number(number, 'R')}/cancel", {})
    if output is Form.JSON:
        say_json(ended)
        return
    print(line(f"{ended['id']} {ended['ending']}: {ended['note']}, after {ended['calls']} calls and {ended['tokens']} tokens"))


@app.command()
def replay(
    number: Annotated[str, typer.Argument(metavar="[ID]", help="The run's number, like R-9.")] = "",
    file: Annotated[
        Path | None, typer.Option("--from", help="A file that `stead runs show -o json` wrote, instead of the service.")
    ] = None,
    stepwise: Annotated[bool, typer.Option("--step", help="Wait for Enter before each step.")] = False,
    url: Url = None,
    token: Token = None,
    whole: Whole = False,
    output: Output = Form.TABLE,
) -> int:
    """Play a run again from its record: no model and no tool is called. Exit code 1 when today's loop ends otherwise than it did then."""
    from stead.cli.replay import replay as play

    if bool(number) is (file is not None):
        raise UserError("name a run, or a file with --from", hint="stead runs replay R-9")
    record = read_record(file) if file is not None else Client.of(url, token).get(f"/api/runs/{parse_number(number, 'R')}")
    return play(record, stepwise=stepwise, whole=whole, output=output)


def read_record(file: Path) -> Any:
    """The JSON in `file`. UserError when there is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {(error.strerror or '').lower()}", hint="is the path right?") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} is no record of a run", hint="`stead runs show R-9 -o json` writes one") from error


def investigate(
    number: Annotated[str | None, typer.Argument(metavar="ID", help="The incident's number, like I-41.", show_default="the estate")] = None,
    goal: Annotated[str, typer.Option("--goal", help="What for: incident, health-check, proactive, debrief, what-if, or your own.")] = "",
    agent: Annotated[str, typer.Option("--agent", help="Who.", show_default="the goal's own")] = "",
    estate: Annotated[str, typer.Option("--estate", help="Where.", show_default="the incident's, or the first")] = "",
    question: Annotated[str, typer.Option("--question", "-q", help="What exactly, in your words.")] = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Have an agent investigate an incident now, or pursue another goal (`--goal health-check`)."""
    if number is None and not goal:
        raise UserError("neither an incident nor a goal is named", hint="stead investigate I-41, or stead investigate --goal health-check")
    incident = None if number is None else ids.incident_number(parse_number(number, "I"))
    body = {"goal": goal or INCIDENT, "agent": agent, "incident": incident, "estate": estate, "question": question}
    found: dict[str, Any] = Client.of(url, token).post("/api/runs", body)
    if output is Form.JSON:
        say_json(found)
        return
    print(f"{found['run']} investigates; `stead runs show {found['run']}` tells how far it is")


def _told(run: dict[str, Any], whole: bool) -> Iterator[str]:
    yield from run_story.head(run)
    yield from run_story.opening(run)
    for step in run["steps"]:
        yield from ("", *run_story.step(step, whole))
    if run["conclusion"] is not None:
        yield from ("", *run_story.conclusion(run["conclusion"]))


def _of(run: dict[str, Any]) -> str:
    if run["goal"] in (INCIDENT, "talk"):
        return str(run["incident"] or run["session"] or "")
    return f"{run['goal']} {run['incident'] or run['estate']}"
