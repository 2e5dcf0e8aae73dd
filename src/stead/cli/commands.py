"""The list of commands, and a Typer application of just the one that is asked for: a command pays for its own imports only."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stead.domain.errors import UserError

if TYPE_CHECKING:
    import typer


COMPLETING = "_STEAD_COMPLETE"
"""Set by a shell that wants to know how a word may go on."""


@dataclass(frozen=True, slots=True)
class Command:
    """`module:function` under stead.cli, or `module:app` of a Typer application for a group."""

    place: str
    group: bool = False

    def load(self) -> Any:
        module, _, name = self.place.partition(":")
        return getattr(importlib.import_module(f"stead.cli.{module}"), name)


COMMANDS = {
    "check": Command("check:check"),
    "checks": Command("checks:app", group=True),
    "up": Command("up:up"),
    "status": Command("status:status"),
    "incidents": Command("incidents:incidents"),
    "show": Command("incidents:show"),
    "changes": Command("changes:changes"),
    "ask": Command("ask:ask"),
    "repl": Command("repl:repl"),
    "sessions": Command("sessions:app", group=True),
    "investigate": Command("runs:investigate"),
    "trigger": Command("trigger:trigger"),
    "runs": Command("runs:app", group=True),
    "why": Command("reasons:why"),
    "why-not": Command("reasons:why_not"),
    "approvals": Command("approvals:approvals"),
    "approve": Command("approvals:approve"),
    "deny": Command("approvals:deny"),
    "stop": Command("stop:stop"),
    "resume": Command("stop:resume"),
    "policy": Command("policy:app", group=True),
    "autonomy": Command("policy:autonomy"),
    "audit": Command("audit:app", group=True),
    "adopt": Command("adopt:adopt"),
    "away": Command("away:app", group=True),
    "ack": Command("outbox:ack"),
    "outbox": Command("outbox:app", group=True),
    "routes": Command("routes:app", group=True),
    "jobs": Command("jobs:app", group=True),
    "report": Command("report:report"),
    "watchdog": Command("watchdog:watchdog"),
    "silence": Command("silence:app", group=True),
    "failure": Command("failure:failure"),
    "hooks": Command("hooks:app", group=True),
    "heartbeats": Command("heartbeats:app", group=True),
    "config": Command("config:app", group=True),
    "doctor": Command("doctor:doctor"),
    "models": Command("models:app", group=True),
    "memory": Command("memory:app", group=True),
    "knowledge": Command("knowledge:app", group=True),
    "estate": Command("estate:app", group=True),
    "agents": Command("agents:app", group=True),
    "mcp": Command("mcp:app", group=True),
    "channels": Command("channels:app", group=True),
    "people": Command("people:app", group=True),
    "token": Command("token:app", group=True),
    "new": Command("new:app", group=True),
    "demo": Command("demo:demo"),
    "practice": Command("practice:app", group=True),
    "completion": Command("completion:completion"),
}
"""In the order in which help shows them."""


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application for these arguments. UserError for a command that does not exist, with the nearest one."""
    import typer

    app = typer.Typer(
        name="stead",
        help="Takes over the on-call: watches, finds what is wrong, fixes what is safe, proves it, tells.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    if COMPLETING in os.environ:
        # What Typer's own --install-completion would do; that option also asks the parent process which shell it is.
        from typer.completion import completion_init  # pyright: ignore[reportPrivateImportUsage]

        completion_init()
    for name in _wanted(arguments):
        command = COMMANDS[name]
        if command.group:
            app.add_typer(command.load(), name=name)
        else:
            app.command(name)(command.load())
    return app


def _root() -> None:
    """Takes over the on-call: watches, finds what is wrong, fixes what is safe, proves it, tells."""


def _wanted(arguments: Sequence[str]) -> Sequence[str]:
    first = next(iter(arguments), "")
    if not first or first.startswith("-") or COMPLETING in os.environ:
        return tuple(COMMANDS)
    if first not in COMMANDS:
        raise UserError(f"there is no command `{first}`", hint=_meant(first, COMMANDS) or "stead --help lists the commands")
    return (first,)


def _meant(word: str, known: Sequence[str] | dict[str, Any]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def suggestion(error: Exception) -> str:
    """What a wrong word in a group of commands was probably meant to be; "" where nothing is near."""
    context: Any = getattr(error, "ctx", None)
    known: dict[str, Any] = getattr(getattr(context, "command", None), "commands", {})
    text = str(error)
    word = text.partition("'")[2].partition("'")[0]
    return _meant(word, known) if known and word else ""
