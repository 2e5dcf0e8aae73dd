"""Policy: rules on typed fields → allow, needs_approval or deny, with the rules' names.

Every matching rule is collected and the strictest wins: deny > needs_approval > allow. No rule means deny. An exception is an
`unless` on the stricter rule, so adding a rule can only be read one way. Never a match on rendered text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from stead.domain.matching import Patterns, labels_match


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
    """The typed fields of one proposed action that a rule may name. `labels` are the namespace's, `workload_labels` the object's own."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a rule covers: each field that is given must match; `guess` and `reversible` are matched only when set.

    `workload_labels` may only tighten: an allow rule does not read them (a workload must not be able to allow its own deletion).
    """

    fields: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    labels: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    workload_labels: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    guess: bool | None = None
    reversible: bool | None = None

    def covers(self, facts: ActionFacts) -> bool:
        return (
            all(patterns.match(str(getattr(facts, name))) for name, patterns in self.fields.items())
            and labels_match(self.labels, facts.labels)
            and labels_match(self.workload_labels, facts.workload_labels)
            and self.guess in (None, facts.guess)
            and self.reversible in (None, facts.reversible)
        )


MATCHABLE = ("verb", "estate", "kind", "namespace", "name", "check", "proposer", "risk")
"""The fields that a Condition may match by pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    verdict: Verdict
    when: Condition
    unless: tuple[Condition, ...] = ()
    even_if_tainted: bool = False
    reason: str = ""

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
    """`rules` are the ids of those that decided, sorted; empty where no rule covers the action."""

    verdict: Verdict
    rules: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    rules: tuple[Rule, ...] = ()

    def decide(self, facts: ActionFacts) -> Decision:
        """The strictest verdict of all matching rules; deny where none matches."""
        verdicts = [(rule.effective(facts), rule) for rule in self.rules if rule.applies(facts)]
        if not verdicts:
            return Decision(verdict=Verdict.DENY, why=f"no rule covers {facts.verb}" + (", and it would be a guess" if facts.guess else ""))
        verdict = max((v for v, _ in verdicts), key=lambda v: v.strictness)
        deciding = sorted((rule for v, rule in verdicts if v is verdict), key=lambda rule: (rule.id, rule.reason))
        return Decision(verdict=verdict, rules=tuple(rule.id for rule in deciding), why=_why(deciding))


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
