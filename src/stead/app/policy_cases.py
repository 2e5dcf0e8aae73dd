"""Asking a policy: what it says of an action that somebody writes down, of a table of such, and of what was really proposed.

What is asked here is the policy alone: caps, cooldown, blindness and the stop switch depend on the moment, and are asked while acting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stead.app.config_errors import as_user_error, nearest
from stead.app.yaml_file import Written, read_yaml
from stead.declare import Verb
from stead.domain import never
from stead.domain.approvers import Approvers, covering
from stead.domain.autonomy import Levels
from stead.domain.errors import UserError
from stead.domain.policy import ActionFacts, Decision, Policy, Verdict
from stead.domain.subject import Subject

_LEVELS = Levels()
_TARGET = re.compile(r"(?P<kind>[A-Z][A-Za-z0-9]*)/(?:(?P<namespace>[^/]+)/)?(?P<name>[^/]+)")


class CaseSettings(BaseModel):
    """One row of a table of cases: an action, and what the policy must say of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    verb: str = Field(description="The change.")
    kind: str = Field(default="Deployment", description="The target's kind.")
    namespace: str = Field(default="default", description="The target's namespace.")
    name: str = Field(default="web", description="The target's name.")
    estate: str = Field(default="home", description="The id of the estate.")
    check: str = Field(default="", description="The check whose finding led here.")
    proposer: str = Field(default="", description="The playbook or agent that proposes it.")
    agent: str = Field(default="", description="The agent, where a model proposes it.")
    trigger: Literal["check", "alert", "heartbeat", "person"] = Field(default="check", description="What woke whoever proposes it.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels of the namespace.")
    workload_labels: dict[str, str] = Field(default_factory=dict, description="Labels of the target.")
    guess: bool = Field(default=False, description="Whether it is tried rather than known to fit.")
    tainted: bool = Field(default=False, description="Whether somebody else's words led to it.")
    count: int = Field(default=0, ge=0, description="Actions begun within the last hour.")
    at: str | None = Field(default=None, description="When, as `2026-03-01T03:00:00Z`. Default: now.")
    expect: Literal["allow", "needs_approval", "deny"] = Field(description="What the policy must say.")
    rules: list[str] | None = Field(default=None, description="The rules that must have decided.")


class CaseTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    cases: list[CaseSettings] = Field(min_length=1, description="Actions, each with what the policy must say of it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one question came to. `approvers` are those whose yes would count, where a person is asked."""

    facts: ActionFacts
    decision: Decision
    approvers: tuple[Approvers, ...] = ()

    @property
    def people(self) -> int:
        """How many must say yes, where there are as many who may."""
        return max((self.decision.people, *(one.people for one in self.approvers)))

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        facts = {name: value for name, value in asdict(self.facts).items() if name != "at"}
        return {
            "schemaVersion": 1,
            "decision": self.decision.verdict.value,
            "rules": list(self.decision.rules),
            "why": self.decision.why,
            "people": self.people,
            "approvers": [{"id": one.id, "who": list(one.who)} for one in self.approvers],
            "facts": facts,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A case of which the policy says something else. `line` is where it stands."""

    line: int
    expected: str
    asked: Asked


def facts_of(words: Sequence[str], verbs: Mapping[str, Verb], now: datetime, **given: Any) -> ActionFacts:
    """`restart_rollout Deployment/payments/api` → facts. UserError for words that name no action."""
    if len(words) != 2 or not (target := _TARGET.fullmatch(words[1])):
        raise UserError("an action is a verb and a target", hint="write it like: restart_rollout Deployment/payments/api")
    return _facts(words[0], target["kind"], target["namespace"] or "", target["name"], verbs, now, **given)


def _facts(verb: str, kind: str, namespace: str, name: str, verbs: Mapping[str, Verb], now: datetime, **given: Any) -> ActionFacts:
    known = verbs.get(verb)
    if known is None:
        meant = nearest(verb, sorted(verbs))
        raise UserError(
            f"there is no action `{verb[:60]}`", hint=f"did you mean `{meant}`?" if meant else f"known: {', '.join(sorted(verbs))}"
        )
    if kind not in known.kinds:
        raise UserError(f"`{verb}` is for {', '.join(known.kinds)}, not for {kind[:60]}", hint="name a target of that kind")
    about: dict[str, Any] = {"estate": "home", "check": "", "proposer": "", **given}
    return ActionFacts(
        **about,
        verb=verb,
        kind=kind,
        namespace=namespace,
        name=name,
        risk=known.risk.value,
        reversible=known.reversible,
        at=now,
    )


def ask(policy: Policy, facts: ActionFacts, verbs: Mapping[str, Verb], autonomy: Levels = _LEVELS) -> Asked:
    """What would be decided, with *never* before the rules, and autonomy after them where a model proposes it."""
    verb = verbs.get(facts.verb)
    group = (verb.api_version if verb is not None else "").rpartition("/")[0]
    subject = Subject(
        estate=facts.estate, api_version=f"{group}/v1" if group else "v1", kind=facts.kind, namespace=facts.namespace, name=facts.name
    )
    if why := never.forbidden(subject):
        return Asked(facts=facts, decision=Decision(verdict=Verdict.DENY, rules=(never.RULE,), why=why))
    if verb is not None and verb.told_only:
        return Asked(facts=facts, decision=Decision(verdict=Verdict.DENY, why=verb.told_only))
    decision = policy.decide(facts)
    decision = autonomy.of(facts.verb).cap(decision) if facts.agent else decision
    asks = decision.verdict is Verdict.NEEDS_APPROVAL
    return Asked(facts=facts, decision=decision, approvers=covering(policy.approvers, facts) if asks else ())


def failing(file: Path, policy: Policy, verbs: Mapping[str, Verb], now: datetime, autonomy: Levels = _LEVELS) -> tuple[int, list[Wrong]]:
    """How many cases the table holds, and those of which the policy says something else. UserError for a table that cannot be read."""
    written = read_yaml(file)
    table = _table(written)
    wrong: list[Wrong] = []
    for n, case in enumerate(table.cases):
        given = case.model_dump(exclude={"expect", "rules", "at", "verb", "kind", "namespace", "name"})
        asked = ask(policy, _facts(case.verb, case.kind, case.namespace, case.name, verbs, _when(case, now), **given), verbs, autonomy)
        rules = case.rules is None or sorted(case.rules) == list(asked.decision.rules)
        if asked.decision.verdict.value != case.expect or not rules:
            expected = case.expect + (f" by {', '.join(sorted(case.rules))}" if case.rules else "")
            wrong.append(Wrong(line=written.line(("cases", n)), expected=expected, asked=asked))
    return len(table.cases), wrong


def _table(written: Written) -> CaseTable:
    data: Any = written.data
    if not isinstance(data, dict):
        raise UserError(f"{written.name} holds no cases", hint="write `cases:`, each with a verb and what to `expect`")
    try:
        return CaseTable.model_validate(data)
    except ValidationError as error:
        raise as_user_error(error, written, CaseTable) from None


def _when(case: CaseSettings, now: datetime) -> datetime:
    if case.at is None:
        return now
    try:
        at = datetime.fromisoformat(case.at)
    except ValueError:
        raise UserError(f"`{case.at[:40]}` is no time", hint="write it like 2026-03-01T03:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def simulate(
    policy: Policy, proposals: Iterable[Mapping[str, Any]], verbs: Mapping[str, Verb], autonomy: Levels = _LEVELS
) -> list[dict[str, Any]]:
    """What this policy says of recorded proposals (as the API gives them), beside what was decided then."""
    told: list[dict[str, Any]] = []
    for one in proposals:
        if one.get("facts") is None:
            continue
        given: dict[str, Any] = {**one["facts"], "at": datetime.fromisoformat(one["facts"]["at"])}
        now = ask(policy, ActionFacts(**given), verbs, autonomy).decision
        told.append({**one, "would_be": now.verdict.value, "by": list(now.rules), "changed": now.verdict.value != one["verdict"]})
    return told
