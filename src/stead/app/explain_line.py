"""What is said of a line of shell that a person or a model asks about: its class, each part of it, and whether Stead would run it."""

from __future__ import annotations

from typing import Any

from stead.domain.commands.classes import Class, Part, Verdict
from stead.domain.commands.judge import judge
from stead.domain.errors import UserError
from stead.tools.command_tables import command_tables

ALLOW, DENY = "allow", "deny"


def explained(line: str) -> dict[str, Any]:
    """`class`, `decision` (`allow` for a read, else `deny`), the `rules` that decided, and the `parts` with a reason each."""
    if not line.strip():
        raise UserError("there is no command to explain", hint="write one: --command 'kubectl get pods'")
    verdict = judge(line, command_tables())
    return {
        "schemaVersion": 1,
        "line": line,
        "class": str(verdict.class_),
        "decision": ALLOW if verdict.class_ is Class.READ else DENY,
        "rules": _rules(verdict),
        "why": verdict.because.why,
        "parts": [_part(part) for part in verdict.parts],
        "lineReasons": [{"class": str(reason.class_), "rule": reason.rule, "why": reason.why} for reason in verdict.reasons],
    }


def _rules(verdict: Verdict) -> list[str]:
    """Of all reasons as strict as the verdict."""
    reasons = [reason for part in verdict.parts for reason in part.reasons] + [*verdict.reasons]
    return sorted({reason.rule for reason in reasons if reason.class_ is verdict.class_})


def _part(part: Part) -> dict[str, Any]:
    return {
        "text": part.text,
        "class": str(part.class_),
        "rule": part.because.rule,
        "why": part.because.why,
        "needs": list(part.needs),
    }
