"""Numbers for people (`I-41`, `A-17`, `S-3`) and ids for workflows (`act:41.1.1`)."""

from __future__ import annotations

from stead.domain.errors import UserError

INVESTIGATOR = "investigator"
"""The agent that investigates incidents: its soul, and the proposer that a policy may name."""


def incident_number(number: int) -> str:
    return f"I-{number}"


def approval_number(number: int) -> str:
    return f"A-{number}"


def silence_number(number: int) -> str:
    return f"S-{number}"


def run_number(number: int) -> str:
    return f"R-{number}"


def job_run_number(number: int) -> str:
    return f"J-{number}"


def memory_number(number: int) -> str:
    return f"M-{number}"


def delivery_number(number: int) -> str:
    return f"D-{number}"


def knowledge_number(number: int) -> str:
    return f"K-{number}"


_LISTINGS = {
    "D": "stead outbox list",
    "J": "stead jobs history",
    "K": "stead knowledge list",
    "M": "stead memory list",
    "I": "stead incidents",
    "A": "stead approvals",
    "S": "stead silence list",
    "R": "stead runs list",
}


def parse_number(text: str, letter: str) -> int:
    """`I-41`, `i-41` or `41` → 41. UserError for anything else."""
    digits = text.strip().upper().removeprefix(f"{letter}-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
        shown = " ".join(text.split())[:40]
        raise UserError(f"`{shown}` is not a number like {letter}-41", hint=f"`{_LISTINGS[letter]}` lists the open ones")
    return int(digits)


def trigger_workflow(trigger: str) -> str:
    return f"trg:{trigger}"


def segment_workflow(incident: int, episode: int, segment: int) -> str:
    """Investigation segments: an id that was used once returns its old result, so each segment of each episode has its own."""
    return f"inv:{incident}:{episode}:{segment}"


def talk_workflow(session: str, question: int) -> str:
    return f"tlk:{session}:{question}"


def action_workflow(action: str) -> str:
    return f"act:{action}"


def delivery_workflow(delivery: int, attempt: int, after: int | None = None) -> str:
    """`after` is the delivery whose end called this one: its own first call may have come, and gone, while it still had to wait."""
    return f"dlv:{delivery}:{attempt}" + ("" if after is None else f":after:{after}")


def delivery_attempt(workflow: str) -> int:
    """The attempt, from 1, that a delivery workflow's id stands for; a life after a failure (`~2`) is one more."""
    called, _, life = workflow.partition("~")
    return int(called.split(":")[2]) + int(life or 1) - 1


def due_workflow(due: int) -> str:
    return f"due:{due}"
