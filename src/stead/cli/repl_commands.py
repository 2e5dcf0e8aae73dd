"""The lines of a conversation that begin with a slash: each is one request to the service, and its answer in a line or a table."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stead.cli.approvals import subject_text
from stead.cli.output import line, table
from stead.domain.errors import UserError
from stead.domain.ids import incident_number, parse_number

if TYPE_CHECKING:
    from stead.cli.repl import Repl


class Leave(Exception):  # noqa: N818 - it is no error
    """The person wants to go."""


def carry_out(repl: Repl, typed: str) -> None:
    """UserError for what is no command, with the nearest one, or cannot be done."""
    name, _, rest = typed[1:].partition(" ")
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, list(COMMANDS), n=1)
        raise UserError(f"there is no command `/{name[:40]}`", hint=f"did you mean `/{near[0]}`?" if near else "/help lists them")
    COMMANDS[name](repl, rest.strip())


def _help(_repl: Repl, _rest: str) -> None:
    """this list"""
    for name, command in COMMANDS.items():
        print(f"  /{name:<10} {command.__doc__}")


def _incident(repl: Repl, rest: str) -> None:
    """N: talk about incident N, in a session of its own"""
    number = parse_number(rest, "I")
    found: dict[str, Any] = repl.client.get(f"/api/incidents/{number}")
    repl.renew(incident_number(number))
    print(line(f"{found['id']} ({found['severity']}, {found['state'].replace('_', ' ')}): {found['title']}"))


def _incidents(repl: Repl, _rest: str) -> None:
    """what is open"""
    rows = [[i["id"], i["severity"], i["state"], i["title"]] for i in repl.client.get("/api/incidents")]
    table(("ID", "SEVERITY", "STATE", "WHAT"), rows, empty="Nothing is open.", widest=3)


def _approvals(repl: Repl, _rest: str) -> None:
    """what waits for your yes or no"""
    rows = [[a["id"], f"{a['verb']} {subject_text(a['subject'])}: {a['reason']}", a["incident"]] for a in repl.client.get("/api/approvals")]
    table(("ID", "WHAT", "INCIDENT"), rows, empty="Nothing waits for an approval.")


def _approve(repl: Repl, rest: str) -> None:
    """A-N [why]: say yes to one exact action"""
    _decide(repl, "approve", rest)


def _deny(repl: Repl, rest: str) -> None:
    """A-N [why]: say no to it"""
    _decide(repl, "deny", rest)


def _decide(repl: Repl, decision: str, rest: str) -> None:
    word, _, reason = rest.partition(" ")
    number = parse_number(word, "A")
    made: dict[str, Any] = repl.client.post(f"/api/approvals/{number}/decision", {"decision": decision, "reason": reason.strip()})
    print(line(f"{made['id']} {made['state']}: {made['verb']} {subject_text(made['subject'])} ({made['incident']})"))


def _new(repl: Repl, _rest: str) -> None:
    """begin a new session"""
    repl.renew(None)
    print("A new session.")


def _session(repl: Repl, _rest: str) -> None:
    """which session this is"""
    print(repl.talk.session or "none yet: it begins with your first question")


def _wait(repl: Repl, _rest: str) -> None:
    """wait for an answer that you left"""
    repl.wait()


def _cancel(repl: Repl, _rest: str) -> None:
    """end the run that looks for your answer"""
    if repl.waiting is None or not repl.waiting["run"]:
        raise UserError("no answer is being waited for")
    with contextlib.suppress(UserError):  # it has ended already: then there is an answer
        repl.client.post(f"/api/runs/{parse_number(repl.waiting['run'], 'R')}/cancel", {})
    repl.wait()


def _quit(_repl: Repl, _rest: str) -> None:
    """leave (or Ctrl-D)"""
    raise Leave


COMMANDS: dict[str, Callable[[Repl, str], None]] = {
    "help": _help,
    "incidents": _incidents,
    "incident": _incident,
    "approvals": _approvals,
    "approve": _approve,
    "deny": _deny,
    "new": _new,
    "session": _session,
    "wait": _wait,
    "cancel": _cancel,
    "quit": _quit,
}
"""In the order in which /help shows them."""
