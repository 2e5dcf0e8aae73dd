"""A run of a model in lines for a person: every step with what it took, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stead.cli.output import clean, line

MOST_SHOWN = 12
"""Lines of one look that are shown unless all are wanted."""


def head(run: dict[str, Any]) -> Iterator[str]:
    """Who, about what, how it ended, and what it took in all."""
    asked = f", asked for by {run['asked_by']}" if run["asked_by"] else ""
    about = f"on {run['incident']}, episode {run['episode']}" if run["incident"] else f"answering in the session {run['session']}"
    if run["goal"] not in ("incident", "talk"):
        about = f"with the goal {run['goal']} {'on ' + run['incident'] if run['incident'] else 'of ' + run['estate']}"
    yield line(f"{run['id']}  {run['agent']} {about}{asked}: {run['ending'] or 'under way'}")
    if run["note"]:
        yield line(run["note"])
    ended = f" to {run['ended_at'][11:19]}" if run["ended_at"] else ""
    yield line(f"{run['began_at'][:19].replace('T', ' ')}{ended} UTC")
    yield (
        f"{run['calls']} calls, {run['tokens']} tokens ({run['tokens_in']} in, {run['cached']} of them cached, {run['tokens_out']} out), "
        f"{money(run['money'])}, {run['seconds']} s of waiting"
    )
    if run["brief"] is not None:
        budget = run["brief"]["budget"]
        most = "" if budget["money"] is None else f", {money(budget['money'])}"
        yield f"of {budget['calls']} calls, {budget['tokens']} tokens, {budget['seconds']:.0f} s{most} that it might spend"


def opening(run: dict[str, Any]) -> Iterator[str]:
    if run["opening"]:
        yield from ("", "Told at its beginning")
        yield from (f"  {text}" for text in clean(run["opening"]).splitlines())


def step(of: dict[str, Any], whole: bool) -> Iterator[str]:
    """One call of a model or a tool."""
    yield from _model(of) if of["kind"] == "model" else _tool(of, whole)


def conclusion(made: dict[str, Any]) -> Iterator[str]:
    yield line(f"Concluded, confidence {made['confidence']}: {made['cause']}")
    yield from (_in(f"{claim['claim']} [{', '.join(claim['by'])}]") for claim in made["evidence"])
    yield from (_in(f"struck, never collected: {claim['claim']} [{', '.join(claim['by'])}]") for claim in made["struck"])
    yield from (_in(f"ruled out: {text}") for text in made["ruled_out"])
    for action in made["actions"]:
        target = action["target"]
        where = f"{target['namespace']}/" if target["namespace"] else ""
        yield _in(f"proposes {action['verb']} {target['kind']} {where}{target['name']}: {action['reason']}")


def money(amount: float) -> str:
    return f"{amount:.4f}"


def _model(of: dict[str, Any]) -> Iterator[str]:
    if of["failure"]:
        yield line(f"{of['key']}  {of['failure']}")
        return
    spent = of["spent"]
    cached = f" ({spent['cached']} cached)" if spent["cached"] else ""
    took = f"{spent['tokens_in']} tokens in{cached}, {spent['tokens_out']} out, {money(spent['money'])}, {spent['seconds']} s"
    yield line(f"{of['key']}  {of['at'][11:19]}  {of['model']} answers: {took}")
    yield from (_in(f"passed over: {why}") for why in of["passed_over"])
    yield from (f"  {text}" for text in clean(of["message"]["text"]).splitlines())
    yield from (_in(f"wants {call['tool']} {call['arguments']}") for call in of["message"]["calls"])


def _tool(of: dict[str, Any], whole: bool) -> Iterator[str]:
    taint = ", words of others" if of["tainted"] else ""
    looked = "failed" if of["failed"] else "looked"
    yield line(f"{of['evidence']}  {of['at'][11:19]}  {of['tool']} {of['arguments']}: {looked}{taint}, {of['seconds']} s")
    if of["command"]:
        yield _in(f"$ {of['command']}")
    lines = clean(of["text"]).splitlines()
    shown = lines if whole else lines[:MOST_SHOWN]
    yield from (f"  {text}" for text in shown)
    if len(lines) > len(shown):
        yield f"  … {len(lines) - len(shown)} lines more (--whole)"


def _in(text: str) -> str:
    return f"  {line(text)}"
