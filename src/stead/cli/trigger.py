"""`stead trigger GOAL`: have a goal pursued, now and by hand."""

from __future__ import annotations

import re
from threading import Event
from typing import Annotated, Any

import typer

from stead.cli import run_story
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json
from stead.domain.errors import Exit

_INCIDENT = re.compile(r"[Ii]-\d+")
_EVERY = 1.0
"""Seconds between two looks at a run, which takes some minutes."""


def trigger(
    goal: Annotated[str, typer.Argument(metavar="GOAL", help="incident, health-check, proactive, debrief, what-if, or your own.")],
    on: Annotated[
        str, typer.Option("--on", help="What it is about: I-41, an estate, or words for an object (deployment payments/api).")
    ] = "",
    agent: Annotated[str, typer.Option("--agent", help="Who.", show_default="the goal's own")] = "",
    question: Annotated[str, typer.Option("--question", "-q", help="What exactly, in your words.")] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its end, and tell it. Exit code 1 where it came to no conclusion.")
    ] = False,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Have an agent pursue a goal now: of an incident, an estate, or an object."""
    client = Client.of(url, token)
    begun: dict[str, Any] = client.post("/api/runs", {"goal": goal, "agent": agent, **_about(client, on, question)})
    found = _end_of(client, begun["number"]) if wait else begun
    if output is Form.JSON:
        say_json(found)
    elif not wait:
        print(f"{begun['run']} pursues {goal}; `stead runs show {begun['run']}` tells how far it is")
    else:
        told = run_story.conclusion(found["conclusion"]) if found["conclusion"] is not None else [found["note"] or "it came to nothing"]
        for text in (f"{begun['run']} ended, {found['ending']}", *told):
            print(line(text))
    if wait and found["conclusion"] is None:
        raise typer.Exit(Exit.NEGATIVE)


def _about(client: Client, on: str, question: str) -> dict[str, Any]:
    """What the service is asked about: an incident, an estate, or else an object that the question names."""
    if not on:
        return {"question": question}
    if _INCIDENT.fullmatch(on):
        return {"incident": on.upper(), "question": question}
    if on in {estate["id"] for estate in client.get("/api/status")["estates"]}:
        return {"estate": on, "question": question}
    return {"question": " ".join(part for part in (f"About {on}.", question) if part)}


def _end_of(client: Client, number: int) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = client.get(f"/api/runs/{number}")
        if found["ending"]:
            return found
        Event().wait(_EVERY)
