"""Policy: rules on typed fields → allow, needs_approval or deny, with the rules' names.

Every matching rule is collected and the strictest wins: deny > needs_approval > allow. No rule means deny. An exception is an
`unless` on the stricter rule, so adding a rule can only be read one way. Never a match on rendered text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stead.domain.invariants import Invariant
from stead.domain.limits import Limits
from stead.domain.matching import Patterns, labels_match
from stead.domain.woke import Woke

if TYPE_CHECKING:
    from stead.domain.approvers import Approvers


class Verdict(StrEnum):
    ALLOW = "allow"
    NEEDS_APPROVAL = "needs_approval"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        return _STRICTNESS.index(self)


_STRICTNESS = list(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """The typed fields of one proposed action that a rule may name. `labels` are the namespace's, `workload_labels` the object's own.

    `agent` is who proposes it where that is a model, "" for a playbook · `trigger` is what woke them (domain.woke.Woke) ·
    `count` actions were begun in this estate within the last hour ·
    `at` is now.
    """

    verb: str
    estate: str
    kind: str
    namespace: str
    name: str
    check: str
    proposer: str
    risk: str
    reversible: bool
    guess: bool = False
    tainted: bool = False
    doubtful: bool = False
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    workload_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    agent: str = ""
    trigger: str = Woke.CHECK
    count: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From `begins` to `ends`, in minutes of the day by the clock of `zone`; over midnight where `ends` is not after `begins`."""

    begins: int
    ends: int
    zone: ZoneInfo

    def holds(self, at: datetime) -> bool:
        there = at.astimezone(self.zone)
        minute = there.hour * 60 + there.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a rule covers: each field that is given must match; what is None is not asked about.

    `workload_labels` may only tighten: an allow rule does not read them (a workload must not be able to allow its own deletion).
    """

    fields: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    labels: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    workload_labels: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    guess: bool | None = None
    reversible: bool | None = None
    tainted: bool | None = None
    count: int | None = None
    hours: tuple[Hours, ...] = ()

    def covers(self, facts: ActionFacts) -> bool:
        return (
            all(patterns.match(str(getattr(facts, name))) for name, patterns in self.fields.items())
            and labels_match(self.labels, facts.labels)
            and labels_match(self.workload_labels, facts.workload_labels)
            and self.guess in (None, facts.guess)
            and self.reversible in (None, facts.reversible)
            and self.tainted in (None, facts.tainted)
            and (self.count is None or facts.count >= self.count)
            and (not self.hours or (facts.at is not None and any(span.holds(facts.at) for span in self.hours)))
        )


MATCHABLE = ("verb", "estate", "kind", "namespace", "name", "check", "proposer", "agent", "trigger", "risk")
"""The fields that a Condition may match by pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    verdict: Verdict
    when: Condition
    unless: tuple[Condition, ...] = ()
    even_if_tainted: bool = False
    reason: str = ""
    people: int = 1

    def applies(self, facts: ActionFacts) -> bool:
        return self.when.covers(facts) and not any(exception.covers(facts) for exception in self.unless)

    def effective(self, facts: ActionFacts) -> Verdict:
        """A doubtful allow asks a person; so does a tainted one, unless the rule says otherwise and the action can be taken back."""
        if self.verdict is Verdict.ALLOW and facts.doubtful:
            return Verdict.NEEDS_APPROVAL
        if self.verdict is Verdict.ALLOW and facts.tainted and not (self.even_if_tainted and facts.reversible):
            return Verdict.NEEDS_APPROVAL
        return self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`rules` are the ids of those that decided, sorted; empty where none covers the action. `people` must say yes, where one is asked."""

    verdict: Verdict
    rules: tuple[str, ...] = ()
    why: str = ""
    people: int = 1


@dataclass(frozen=True, slots=True)
class Policy:
    """`limits` are how much is done without a person in a time, whatever the rules allow; `approvers` say whose yes counts."""

    rules: tuple[Rule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    invariants: tuple[Invariant, ...] = ()
    approvers: tuple[Approvers, ...] = ()

    def decide(self, facts: ActionFacts) -> Decision:
        """The strictest verdict of all matching rules; deny where none matches."""
        verdicts = [(rule.effective(facts), rule) for rule in self.rules if rule.applies(facts)]
        if not verdicts:
            return Decision(verdict=Verdict.DENY, why=f"no rule covers {facts.verb}" + (", and it would be a guess" if facts.guess else ""))
        verdict = max((v for v, _ in verdicts), key=lambda v: v.strictness)
        deciding = sorted((rule for v, rule in verdicts if v is verdict), key=lambda rule: (rule.id, rule.reason))
        people = max(rule.people for rule in deciding)
        return Decision(verdict=verdict, rules=tuple(rule.id for rule in deciding), why=_why(deciding), people=people)


def _why(rules: Sequence[Rule]) -> str:
    return "; ".join(rule.reason for rule in rules if rule.reason)


class Autonomy(StrEnum):
    """How far a model's proposal may go by itself: told as text (OBSERVE, PROPOSE), asked about, or as policy says."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    ASK = "ask"
    ACT = "act"

    def cap(self, decision: Decision) -> Decision:
        """The decision, or a stricter one."""
        if decision.verdict is Verdict.DENY or self is Autonomy.ACT:
            return decision
        if self is Autonomy.ASK:
            asked = Decision(
                verdict=Verdict.NEEDS_APPROVAL, rules=decision.rules, why="a model proposes it, and models ask (agents.autonomy)"
            )
            return asked if decision.verdict is Verdict.ALLOW else decision
        return Decision(verdict=Verdict.DENY, rules=decision.rules, why=f"a model proposes it, and models only {self} (agents.autonomy)")
