"""What a text from a chat says: a command, an answer to a question by its number, or words for an agent."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMAND = re.compile(r"\s*[/!]([a-zA-Z]{2,20})(?:@[\w.:-]+)?(?=\s|$)\s*(.*)", re.DOTALL)
"""`/status`; `!status` where a client keeps `/` for itself (Matrix' do); `/status@a_bot` as Telegram writes it in groups."""
_DECISION = re.compile(r"\s*(approve|deny)\s+(A-?\d{1,10})\b[\s,.:]*(.*)", re.IGNORECASE | re.DOTALL)
_BARE = frozenset({"approve", "approved", "yes", "ok", "okay", "do it", "deny", "denied", "no"})


@dataclass(frozen=True, slots=True)
class Command:
    """`name` in small letters, and what stands behind it."""

    name: str
    rest: str


def command_of(text: str) -> Command | None:
    """The command that the text is: `/deny A-17 because …`, or the same without a stroke where it names its question."""
    found = _COMMAND.fullmatch(text)
    if found is not None:
        return Command(found[1].lower(), found[2].strip())
    found = _DECISION.fullmatch(text)
    return None if found is None else Command(found[1].lower(), f"{_numbered(found[2])} {found[3]}".strip())


def bare_decision(text: str) -> bool:
    """Whether it is a yes or no that does not say to what."""
    return text.strip().rstrip(".!").lower() in _BARE


def because(text: str) -> str:
    """The reason in `because the disk is new`, or in the same without its first word."""
    return re.sub(r"^(because|since|as)\b[\s:,]*", "", text.strip(), flags=re.IGNORECASE)


def _numbered(text: str) -> str:
    return f"A-{text.lstrip('Aa-')}"
