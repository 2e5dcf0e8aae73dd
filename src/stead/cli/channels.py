"""`stead channels list|test|log`: who is told and how, whether it works, and what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.clocks import SystemClock
from stead.domain.errors import Exit, UserError

app = typer.Typer(help="How people are reached, and whether it works.", no_args_is_help=True, rich_markup_mode=None)

LOOK_EVERY = timedelta(seconds=0.5)
"""Between two looks at a test."""


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Each channel: whether it listens, and what was sent on it."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/channels")
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[c["name"], c["kind"], c["agent"], _hears(c), str(c["sent"]), str(c["queued"]), str(c["dead"])] for c in found]
    table(("NAME", "KIND", "AGENT", "LISTENS", "SENT", "WAITING", "DEAD"), rows, empty="There is no channel.", widest=3)


@app.command("log")
def log(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of this channel alone.", show_default="all")] = "",
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=1000)] = 50,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What was said, newest first: why, and whether it arrived."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/channels/log", channel=name, limit=limit)
    if output is Form.JSON:
        say_json(found)
        return
    rows = [[r["at"][:19], r["channel"], r["state"], r["because"], r["incident"], r["error"] or r["title"]] for r in found]
    table(("AT", "CHANNEL", "STATE", "BECAUSE", "INCIDENT", "WHAT"), rows, empty="Nothing was said yet.", widest=5)


@app.command("test")
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel.")],
    round_trip: Annotated[bool, typer.Option("--round-trip", help="Also prove button, reply and file, with a person.")] = False,
    within: Annotated[int, typer.Option("--within", help="Seconds to wait.", min=1, max=3600)] = 120,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Send a real message, and say what came of it. Exits 1 when something did not come back."""
    client = Client.of(url, token)
    begun: dict[str, Any] = client.post(f"/api/channels/{name}/test", {"round_trip": round_trip})
    known: dict[str, str] = {}
    clock = SystemClock()
    until = clock.now() + timedelta(seconds=within)
    while True:
        seen: dict[str, Any] = client.get(f"/api/channels/tests/{begun['test']}")
        steps = _steps(seen, round_trip=round_trip)
        for step, result in steps.items():
            if result and step not in known and output is Form.TABLE:
                print(line(f"{step}: {result}"), flush=True)
        known = {step: result for step, result in steps.items() if result}
        if len(known) == len(steps) or seen["state"] == "dead" or clock.now() >= until:
            break
        asyncio.run(clock.sleep_until(clock.now() + LOOK_EVERY))
    if output is Form.JSON:
        say_json(seen)
    missing = [step for step in steps if step not in known]
    if missing or seen["state"] != "sent":
        why = f": {seen['error']}" if seen["error"] else f" within {within} s"
        raise UserError(f"the channel `{name}`: {', '.join(missing) or 'out'} did not work{why}", hint=_hint(missing), code=Exit.NEGATIVE)


def _steps(seen: Mapping[str, Any], *, round_trip: bool) -> dict[str, str]:
    """Each thing that is to be proven, with what proves it, "" while nothing does."""
    out = f"arrived as {seen['remote_id'] or 'a message without an id'}" if seen["state"] == "sent" else ""
    if not round_trip:
        return {"out": out}
    steps = {"out": out}
    if seen["asked"]["button"]:
        steps["button"] = f"pressed by {seen['pressed_by']}" if seen["pressed_by"] else ""
    steps["in"] = f"heard: {seen['wrote']}" if seen["wrote"] else ""
    if seen["asked"]["file"]:
        steps["file"] = f"heard: {seen['file']}" if seen["file"] else ""
    return steps


def _hint(missing: list[str]) -> str:
    if "out" in missing or not missing:
        return "stead channels log tells of each try"
    return "press the button and reply to the message, as somebody whom `stead people list` shows"


def _hears(channel: Mapping[str, Any]) -> str:
    if channel["listens"] is None:
        return "one way"
    return "yes" if channel["listens"] else f"no: {channel['why']}"
