"""The commands of a chat: what each is called, who may give it, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stead.app.chat import deciding, questions, reading
from stead.app.chat.asked import Asked
from stead.app.chat.words import Command
from stead.domain.people import Role


@dataclass(frozen=True, slots=True)
class Kind:
    """`usage` as `/help` shows it · `role` the least that may give it · `run(asked, rest)` answers, or raises a UserError."""

    usage: str
    what: str
    role: Role
    run: Callable[[Asked, str], None]


def _help(asked: Asked, _rest: str) -> None:
    lines = [f"/{kind.usage}  {kind.what}" for kind in COMMANDS.values() if asked.person.role.includes(kind.role)]
    asked.answer(
        "\n".join(
            [
                f"You are {asked.person.name} here ({asked.person.role}). Write a question, or reply to a message to go on with it. Or:",
                *lines,
            ]
        )
    )


COMMANDS = {
    "status": Kind("status", "how all is", Role.VIEWER, reading.status),
    "incidents": Kind("incidents [I-41]", "what is open, or one of them whole", Role.VIEWER, reading.incidents_),
    "approvals": Kind("approvals", "what waits for an answer, with its command", Role.VIEWER, reading.approvals_),
    "jobs": Kind("jobs", "what runs when, and how it went", Role.VIEWER, reading.jobs_),
    "ask": Kind("ask QUESTION", "ask an agent", Role.VIEWER, questions.ask),
    "approve": Kind("approve A-17 [why]", "say yes to one question", Role.APPROVER, deciding.approve),
    "deny": Kind("deny A-17 [why]", "say no to it", Role.APPROVER, deciding.deny),
    "silence": Kind("silence I-41 2h [why]", "hear nothing of it; also of matchers: namespace=dev", Role.APPROVER, deciding.silence),
    "stop": Kind("stop [why]", "change nothing from now on", Role.APPROVER, deciding.stop),
    "resume": Kind("resume", "act again", Role.APPROVER, deciding.resume),
    "help": Kind("help", "this", Role.VIEWER, _help),
}
_OTHERS = {"start": "help", "approval": "approvals", "incident": "incidents", "show": "incidents", "mute": "silence"}
"""Other words for the same; `/start` is what Telegram sends when somebody opens a bot."""


def run(asked: Asked, command: Command) -> None:
    """Do it, and answer. UserError for who may not, and for what cannot be done."""
    kind = COMMANDS.get(_OTHERS.get(command.name, command.name))
    if kind is None:
        asked.answer(f"There is no command /{command.name}. /help tells those that there are.")
        return
    asked.needs(kind.role)
    kind.run(asked, command.rest)
