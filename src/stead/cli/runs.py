"""`stead runs list|show R-9` and `stead investigate I-41`: what models did, and a way to ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, line, say_json, table
from stead.cli.standing import spent_lines
from stead.domain.ids import parse_number

app = typer.Typer(no_args_is_help=True)

Whole = Annotated[bool, typer.Option("--whole", help="All of what each look saw.")]
MOST_SHOWN = 12
"""Lines of one look that are shown without --whole."""


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
        [r["id"], r["incident"] or r["session"] or "", r["ending"] or "under way", r["cause"] or r["note"], str(r["tokens"]), _money(r)]
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


def investigate(
    number: Annotated[str, typer.Argument(metavar="ID", help="The incident's number, like I-41.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Have a model investigate an incident now."""
    found: dict[str, Any] = Client.of(url, token).post(f"/api/incidents/{parse_number(number, 'I')}/investigation", {})
    if output is Form.JSON:
        say_json(found)
        return
    print(f"{found['run']} investigates; `stead runs show {found['run']}` tells how far it is")


def _told(run: dict[str, Any], whole: bool) -> Iterator[str]:
    asked = f", asked for by {run['asked_by']}" if run["asked_by"] else ""
    about = f"on {run['incident']}, episode {run['episode']}" if run["incident"] else f"answering in the session {run['session']}"
    yield line(f"{run['id']}  {run['agent']} {about}{asked}: {run['ending'] or 'under way'}")
    if run["note"]:
        yield line(run["note"])
    yield f"{run['calls']} calls, {run['tokens']} tokens ({run['cached']} of them cached), {_money(run)}, {run['seconds']} s of waiting"
    if run["opening"]:
        yield from ("", "Told at its beginning")
        yield from (f"  {text}" for text in clean(run["opening"]).splitlines())
    for step in run["steps"]:
        yield ""
        yield from _model(step) if step["kind"] == "model" else _tool(step, whole)
    if run["conclusion"] is not None:
        yield from ("", *_conclusion(run["conclusion"]))


def _model(step: dict[str, Any]) -> Iterator[str]:
    if step["failure"]:
        yield line(f"{step['key']}  {step['failure']}")
        return
    spent = step["spent"]
    yield line(f"{step['key']}  {step['model']} answers: {spent['tokens_in']} tokens in, {spent['tokens_out']} out, {spent['seconds']} s")
    yield from (_in(f"passed over: {why}") for why in step["passed_over"])
    yield from (f"  {text}" for text in clean(step["message"]["text"]).splitlines())
    yield from (_in(f"wants {call['tool']} {call['arguments']}") for call in step["message"]["calls"])


def _tool(step: dict[str, Any], whole: bool) -> Iterator[str]:
    taint = ", words of others" if step["tainted"] else ""
    yield line(
        f"{step['evidence']}  {step['tool']} {step['arguments']}: {'failed' if step['failed'] else 'looked'}{taint}, {step['seconds']} s"
    )
    if step["command"]:
        yield _in(f"$ {step['command']}")
    lines = clean(step["text"]).splitlines()
    shown = lines if whole else lines[:MOST_SHOWN]
    yield from (f"  {text}" for text in shown)
    if len(lines) > len(shown):
        yield f"  … {len(lines) - len(shown)} lines more (--whole)"


def _conclusion(made: dict[str, Any]) -> Iterator[str]:
    yield line(f"Concluded, confidence {made['confidence']}: {made['cause']}")
    yield from (_in(f"{claim['claim']} [{', '.join(claim['by'])}]") for claim in made["evidence"])
    yield from (_in(f"struck, never collected: {claim['claim']} [{', '.join(claim['by'])}]") for claim in made["struck"])
    yield from (_in(f"ruled out: {text}") for text in made["ruled_out"])
    for action in made["actions"]:
        target = action["target"]
        where = f"{target['namespace']}/" if target["namespace"] else ""
        yield _in(f"proposes {action['verb']} {target['kind']} {where}{target['name']}: {action['reason']}")


def _in(text: str) -> str:
    return f"  {line(text)}"


def _money(run: dict[str, Any]) -> str:
    return f"{run['money']:.4f}"
