"""What a run came to: a cause with the evidence for it, and what a model would do about it.

Promise: a claim counts only with evidence that this run really collected; one whose references were not collected is struck, and told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from stead.domain.finding import Finding
from stead.domain.subject import Subject


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An object by its name."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`by` are the ids of the evidence that shows it (`E3`, `F1`)."""

    claim: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A verb of the catalogue that a model proposes. Only a proposal: policy and people decide."""

    verb: str
    target: Target
    reason: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """`at_fault` is the object that the model blames; `struck` are claims whose evidence was not collected."""

    cause: str
    at_fault: Target
    confidence: Confidence
    evidence: tuple[Claim, ...]
    impact: str = ""
    ruled_out: tuple[str, ...] = ()
    actions: tuple[Remedy, ...] = ()
    watch: tuple[str, ...] = ()
    struck: tuple[Claim, ...] = ()


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "cause": {"type": "string", "description": "One or two sentences: what is wrong and why."},
        "at_fault": {"$ref": "#/$defs/object", "description": "The object to blame, not its symptom."},
        "confidence": {"type": "string", "enum": list(Confidence)},
        "evidence": {
            "type": "array",
            "description": "What shows it. Every claim names collected evidence by id.",
            "items": {
                "type": "object",
                "properties": {"claim": {"type": "string"}, "by": {"type": "array", "items": {"type": "string"}}},
                "required": ["claim", "by"],
            },
        },
        "impact": {"type": "string"},
        "ruled_out": {"type": "array", "items": {"type": "string"}, "description": "Other causes, each with why not."},
        "actions": {
            "type": "array",
            "description": "What you propose, by verbs of the catalogue. Empty when nothing there would cure it.",
            "items": {
                "type": "object",
                "properties": {
                    "verb": {"type": "string"},
                    "target": {"$ref": "#/$defs/object"},
                    "parameters": {"type": "object"},
                    "reason": {"type": "string"},
                },
                "required": ["verb", "target", "reason"],
            },
        },
        "watch": {"type": "array", "items": {"type": "string"}, "description": "What to keep an eye on afterwards."},
    },
    "required": ["cause", "at_fault", "confidence", "evidence"],
    "$defs": {
        "object": {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "namespace": {"type": "string"}, "name": {"type": "string"}},
            "required": ["kind", "name"],
        }
    },
}
"""The form that a model fills in."""


def strike(conclusion: Conclusion, collected: Collection[str]) -> Conclusion:
    """Without the claims that rest on nothing that was collected; when none is left, nobody can be confident."""
    known = {evidence.upper() for evidence in collected}
    kept: list[Claim] = []
    struck: list[Claim] = []
    for claim in conclusion.evidence:
        named = tuple(dict.fromkeys(reference.strip().strip("[]").upper() for reference in claim.by))
        good = tuple(reference for reference in named if reference in known)
        (kept if good and len(good) == len(named) else struck).append(replace(claim, by=named))
    confidence = conclusion.confidence if kept else Confidence.LOW
    return replace(conclusion, evidence=tuple(kept), struck=tuple(struck), confidence=confidence)


def agrees(at_fault: Target, cause: Finding) -> bool:
    """Whether the object that a model blames is one that the checks blame: the cause's subject, its owner, or what explains it."""
    blamed = [cause.subject, *([cause.top] if cause.top else []), *cause.depends_on]
    return any(_is(at_fault, subject) for subject in blamed) or (
        at_fault.kind == cause.subject.kind and at_fault.namespace == cause.subject.namespace and at_fault.name in cause.instances
    )


def doubt(conclusion: Conclusion, cause: Finding | None) -> str:
    """Why a person should look before anything is done on it; "" when nothing speaks against it."""
    if conclusion.confidence is Confidence.LOW:
        return "its evidence was not collected" if conclusion.struck and not conclusion.evidence else "the model is not sure"
    if cause is not None and not agrees(conclusion.at_fault, cause):
        return f"the model blames {conclusion.at_fault}, and the checks {cause.top or cause.subject}"
    return ""


def _is(target: Target, subject: Subject) -> bool:
    return (target.kind.casefold(), target.namespace, target.name) == (subject.kind.casefold(), subject.namespace, subject.name)


def references(conclusion: Conclusion) -> Sequence[str]:
    """The evidence that is cited, each once, in the order of the claims."""
    return tuple(dict.fromkeys(reference for claim in conclusion.evidence for reference in claim.by))
