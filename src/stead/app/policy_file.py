"""The policy file → `domain.policy.Policy`.

Promise: a rule that could never match, or that reads otherwise than it works, is an error with its line and not a surprise at night.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from stead.app.config_errors import as_user_error, key_text, nearest
from stead.app.durations import Duration
from stead.app.yaml_file import Path_, Written, parse_yaml, read_yaml
from stead.declare import Check, GaugeCheck, HostCheck, Playbook, Verb
from stead.domain.action import Risk
from stead.domain.approvers import Approvers
from stead.domain.errors import UserError
from stead.domain.ids import INVESTIGATOR
from stead.domain.invariants import Invariant
from stead.domain.limits import Limits
from stead.domain.matching import Patterns
from stead.domain.policy import MATCHABLE, Condition, Hours, Policy, Rule, Verdict
from stead.domain.woke import Woke

_LIMITS = Limits()
_WILDCARDS = frozenset("*?[")


def _as_patterns(given: object) -> object:
    """One pattern or a list of them → a tuple. ValueError for an empty list, which would match nothing."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, list):
        if not given:
            raise ValueError("is an empty list, which matches nothing; leave the key out to match everything")
        return tuple(cast("list[object]", given))
    return given


OneOrMore = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_patterns),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _as_spans(given: object) -> object:
    """`22:00-06:00`, or a list of such. ValueError for anything else."""
    written = _as_patterns(given)
    if not isinstance(written, tuple) or not all(isinstance(one, str) and _SPAN.fullmatch(one) for one in written):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        raise ValueError("is no span of the day; write 22:00-06:00")
    return written  # pyright: ignore[reportUnknownVariableType]


TimeOfDay = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_spans),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class Section(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ConditionSettings(Section):
    """What a rule covers. Every key that is given must match; patterns are shell-style (`team-*`), a list matches when one of it does."""

    verb: OneOrMore | None = Field(default=None, description="The change: `delete_pod`, `rollback_revision`, `restart_rollout`.")
    estate: OneOrMore | None = Field(default=None, description="The id of the estate.")
    kind: OneOrMore | None = Field(default=None, description="The target's kind, as Kubernetes writes it: `Deployment`.")
    namespace: OneOrMore | None = Field(default=None, description="The target's namespace.")
    name: OneOrMore | None = Field(default=None, description="The target's name.")
    check: OneOrMore | None = Field(default=None, description="The check whose finding led here.")
    proposer: OneOrMore | None = Field(default=None, description="The playbook or agent that proposes it.")
    agent: OneOrMore | None = Field(default=None, description="The agent that proposes it. A playbook's proposal matches none.")
    trigger: OneOrMore | None = Field(default=None, description="What woke whoever proposes it: `check`, `alert`, `heartbeat`, `person`.")
    risk: OneOrMore | None = Field(default=None, description="`low`, `medium` or `high`.")
    labels: dict[str, OneOrMore] = Field(default_factory=dict, description="Labels of the target's namespace.")
    workload_labels: dict[str, OneOrMore] = Field(default_factory=dict, description="Labels of the target itself. May only tighten.")
    guess: bool | None = Field(default=None, description="Whether the remedy is tried rather than known to fit.")
    reversible: bool | None = Field(default=None, description="Whether the change can be taken back.")
    tainted: bool | None = Field(default=None, description="Whether words that somebody else wrote led to it.")
    count: int | None = Field(default=None, ge=1, description="At least so many actions were begun in the estate within the last hour.")
    time: TimeOfDay | None = Field(default=None, description="Spans of the day, like `22:00-06:00`, by the clock of `time_zone`.")


class RuleSettings(Section):
    """One rule."""

    id: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", description="Its name in every decision.")
    verdict: Literal["allow", "needs_approval", "deny"] = Field(description="What it says of the actions that it covers.")
    when: ConditionSettings = Field(description="What it covers; `{}` is everything.")
    unless: list[ConditionSettings] = Field(default_factory=list[ConditionSettings], description="Exceptions to `when`.")
    even_if_tainted: bool = Field(
        default=False, description="Allow also when somebody else's words led to it and it can be taken back; else a person is asked."
    )
    people: Literal[1, 2] = Field(default=1, description="How many people must say yes; 2 for what cannot be taken back.")
    reason: str = Field(default="", max_length=500, description="Why, in the words that a person is told.")


class InvariantCondition(Section):
    """Which findings break it. Every key that is given must match; of kind, namespace and name, the finding's workload counts, too."""

    check: OneOrMore | None = Field(default=None, description="The check that finds it.")
    estate: OneOrMore | None = Field(default=None, description="The id of the estate.")
    kind: OneOrMore | None = Field(default=None, description="What is wrong, or its workload: `Deployment`.")
    namespace: OneOrMore | None = Field(default=None, description="Its namespace.")
    name: OneOrMore | None = Field(default=None, description="Its name.")


class InvariantSettings(Section):
    """Something that must hold whatever Stead does: no finding may match."""

    id: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", description="Its name in decisions and proofs.")
    when: InvariantCondition = Field(description="Which findings break it.")
    reason: str = Field(default="", max_length=500, description="Why, in the words that a person is told.")

    def invariant(self) -> Invariant:
        given = {name: getattr(self.when, name) for name in InvariantCondition.model_fields}
        return Invariant(id=self.id, fields={k: Patterns.of(v) for k, v in given.items() if v is not None}, reason=self.reason)


class ApproversSettings(Section):
    """Whose yes counts, beside the role that everybody needs who decides."""

    id: str = Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", description="Its name where somebody is told that it is for others.")
    when: ConditionSettings = Field(description="What it covers; `{}` is every question.")
    who: list[Annotated[str, Field(pattern=r"^((person|token):.+|role:(approver|admin))$")]] = Field(
        default_factory=list[str],
        description="`person:anna`, `token:ops` (or a pattern: `person:*`), `role:admin`. Default: everybody who may decide.",
    )
    people: Literal[1, 2] = Field(default=1, description="How many must say yes; one is enough where `people` holds no second who could.")


class CapSettings(Section):
    """How much is done without a person in a time. What goes beyond is asked about; what takes a change back is not held up."""

    target: int = Field(default=_LIMITS.target, ge=1, description="Actions on one object within an hour.")
    namespace: int = Field(default=_LIMITS.namespace, ge=1, description="Actions in one namespace within an hour.")
    estate: int = Field(default=_LIMITS.estate, ge=1, description="Actions in one estate within an hour.")
    share: float = Field(default=_LIMITS.share, gt=0, le=1, description="The part of a workload's pods that is taken away within an hour.")
    cooldown: Duration = Field(
        default=_LIMITS.cooldown, description="After an action on an object; it doubles with each further one of the day."
    )
    cooldown_most: Duration = Field(default=_LIMITS.cooldown_most, description="The longest that it grows to.")
    breaker: int = Field(default=_LIMITS.breaker, ge=1, description="After so many actions of one verb that did not help an object.")
    backup_age: Duration = Field(
        default=_LIMITS.backup_age,
        description="The oldest last backup of a volume before what cannot be taken back is done to what uses it.",
    )

    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in CapSettings.model_fields})


class PolicySettings(Section):
    """A policy: its rules, in any order."""

    version: Literal[1] = Field(default=1, description="The format of this file.")
    time_zone: str = Field(default="UTC", description="By whose clock `time` is meant: `Europe/Zurich`.")
    invariants: list[InvariantSettings] = Field(
        default_factory=list[InvariantSettings], description="What must hold before, during and after every action."
    )
    approvers: list[ApproversSettings] = Field(
        default_factory=list[ApproversSettings], description="Whose yes counts, and how many it takes. All that cover a question hold."
    )
    caps: CapSettings = Field(default=CapSettings(), description="How much is done without a person in a time.")
    rules: list[RuleSettings] = Field(description="All matching rules are collected; deny beats needs_approval beats allow; none is deny.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Names that a rule may mention. An empty set is not held against anybody: those names are not known here."""

    verbs: frozenset[str]
    checks: frozenset[str] = frozenset()
    proposers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, declarations: Iterable[object]) -> Catalogue:
        """The names of verbs, checks and playbooks among these declarations; whoever investigates proposes too."""
        found = list(declarations)
        return cls(
            verbs=frozenset(d.name for d in found if isinstance(d, Verb)),
            checks=frozenset(d.name for d in found if isinstance(d, Check | GaugeCheck | HostCheck)),
            proposers=frozenset({INVESTIGATOR, *(d.name for d in found if isinstance(d, Playbook))}),
        )


def load_policy(source: Path | Mapping[str, Any] | None, catalogue: Catalogue) -> Policy:
    """The policy in a file, of inline rules (the configuration's `policy:`), or (None) the default one.

    UserError naming file, line and key, and the nearest known word.
    """
    if source is None:
        return default_policy(catalogue)
    if isinstance(source, Path):
        return policy_of(read_yaml(source), catalogue)
    return policy_of(Written("policy", dict(source)), catalogue)


def default_policy(catalogue: Catalogue) -> Policy:
    """What Stead ships (default-policy.yaml)."""
    return policy_of(_default_written(), catalogue)


@functools.cache
def _default_written() -> Written:
    return parse_yaml(default_policy_text(), "default-policy.yaml")


def default_policy_text() -> str:
    return files("stead.app").joinpath("default-policy.yaml").read_text(encoding="utf-8")


def policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy file."""
    return PolicySettings.model_json_schema()


def policy_of(written: Written, catalogue: Catalogue) -> Policy:
    """The policy that was written. UserError for its first mistake."""
    data: Any = written.data
    if not isinstance(data, dict):
        raise UserError(f"{written.name} holds no policy", hint="write `version: 1` and `rules:`, each rule with id, verdict and when")
    try:
        settings = PolicySettings.model_validate(data)
    except ValidationError as error:
        raise as_user_error(error, written, PolicySettings) from None
    for path, what, hint in (*_mistakes(settings.rules, catalogue), *_misread_approvers(settings.approvers, catalogue)):
        raise UserError(f"{written.name}:{written.line(path)}: `{key_text(path)}` {what}", hint=hint)
    zone = _zone(settings.time_zone, written)
    return Policy(
        tuple(_rule(rule, zone) for rule in settings.rules),
        settings.caps.limits(),
        tuple(one.invariant() for one in settings.invariants),
        tuple(_approvers(one, zone) for one in settings.approvers),
    )


def _zone(name: str, written: Written) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        line = written.line(("time_zone",))
        raise UserError(
            f"{written.name}:{line}: `time_zone` is no time zone that is known here", hint="write Europe/Zurich, or UTC"
        ) from None


def _rule(rule: RuleSettings, zone: ZoneInfo) -> Rule:
    return Rule(
        id=rule.id,
        verdict=Verdict(rule.verdict),
        when=_condition(rule.when, zone),
        unless=tuple(_condition(exception, zone) for exception in rule.unless),
        even_if_tainted=rule.even_if_tainted,
        people=rule.people,
        reason=rule.reason,
    )


def _approvers(given: ApproversSettings, zone: ZoneInfo) -> Approvers:
    return Approvers(id=given.id, when=_condition(given.when, zone), who=tuple(given.who), people=given.people)


def _condition(given: ConditionSettings, zone: ZoneInfo) -> Condition:
    return Condition(
        fields={name: Patterns.of(patterns) for name in MATCHABLE if (patterns := getattr(given, name)) is not None},
        labels={name: Patterns.of(patterns) for name, patterns in given.labels.items()},
        workload_labels={name: Patterns.of(patterns) for name, patterns in given.workload_labels.items()},
        guess=given.guess,
        reversible=given.reversible,
        tainted=given.tainted,
        count=given.count,
        hours=tuple(_hours(span, zone) for span in given.time or ()),
    )


def _hours(span: str, zone: ZoneInfo) -> Hours:
    begins, ends = (int(at[:2]) * 60 + int(at[3:]) for at in span.split("-"))
    return Hours(begins=begins, ends=ends, zone=zone)


Mistake = tuple[Path_, str, str]
"""(where it stands, what is wrong with that key, what to do)."""


def _mistakes(rules: Sequence[RuleSettings], catalogue: Catalogue) -> Iterator[Mistake]:
    seen: set[str] = set()
    for n, rule in enumerate(rules):
        here: Path_ = ("rules", n)
        if rule.id in seen:
            yield (*here, "id"), f"is a second rule named `{rule.id}`", "decisions name their rules: give it another id"
        seen.add(rule.id)
        yield from _misreadings(rule, here)
        for path, condition in _conditions(rule, here):
            yield from _unknown_names(condition, path, catalogue)


def _conditions(rule: RuleSettings, here: Path_) -> Iterator[tuple[Path_, ConditionSettings]]:
    yield (*here, "when"), rule.when
    for n, exception in enumerate(rule.unless):
        yield (*here, "unless", n), exception


def _misreadings(rule: RuleSettings, here: Path_) -> Iterator[Mistake]:
    """What is well-formed and would not do what it seems to say."""
    yield from _misread_people(rule, here)
    yield from _misread_allow(rule, here) if rule.verdict == "allow" else _misread_stricter(rule, here)
    for n, exception in enumerate(rule.unless):
        if exception == ConditionSettings():
            yield (*here, "unless", n), "covers everything, so the rule would never apply", "say what is excepted"


def _misread_allow(rule: RuleSettings, here: Path_) -> Iterator[Mistake]:
    if rule.when.verb is None:
        yield (*here, "when"), "of an allow rule names no verb", "say which: `verb: delete_pod`"
    if rule.when.workload_labels:
        where = (*here, "when", "workload_labels")
        yield where, "cannot allow anything: whoever deploys a workload writes its labels", "use `labels` (the namespace's), or a deny rule"


def _misread_people(rule: RuleSettings, here: Path_) -> Iterator[Mistake]:
    if rule.people > 1 and rule.verdict != "needs_approval":
        yield (*here, "people"), "means something only on a needs_approval rule", "leave it out"


def _misread_stricter(rule: RuleSettings, here: Path_) -> Iterator[Mistake]:
    if rule.even_if_tainted:
        yield (*here, "even_if_tainted"), "means something only on an allow rule", "leave it out"
    for n, exception in enumerate(rule.unless):
        if exception.workload_labels:
            where = (*here, "unless", n, "workload_labels")
            yield where, f"cannot excuse from a {rule.verdict} rule: whoever deploys a workload writes its labels", "use `labels`"


def _misread_approvers(given: Sequence[ApproversSettings], catalogue: Catalogue) -> Iterator[Mistake]:
    for n, one in enumerate(given):
        here: Path_ = ("approvers", n)
        if any(one.id == before.id for before in given[:n]):
            yield (*here, "id"), f"is a second one named `{one.id}`", "give it another id"
        if not one.who and one.people == 1:
            yield here, "says neither `who` nor `people`", "say whose yes counts, or that it takes two"
        yield from _unknown_names(one.when, (*here, "when"), catalogue)


def _unknown_names(condition: ConditionSettings, here: Path_, catalogue: Catalogue) -> Iterator[Mistake]:
    vocabularies = {
        "verb": catalogue.verbs,
        "check": catalogue.checks,
        "proposer": catalogue.proposers,
        "risk": frozenset(Risk),
        "trigger": frozenset(Woke),
    }
    for key, known in vocabularies.items():
        for pattern in getattr(condition, key) or ():
            if known and not any(Patterns.of(pattern).match(name) for name in known):
                meant = nearest(pattern, sorted(known))
                hint = f"did you mean `{meant}`?" if meant else f"known here: {', '.join(sorted(known))}"
                yield (*here, key), f"names `{pattern}`, and there is no such {key}", hint
    for kind in condition.kind or ():
        if not (kind[:1].isupper() or kind[:1] in _WILDCARDS):
            yield (*here, "kind"), f"`{kind}` is not how Kubernetes writes a kind", "write it as in `kind: Deployment`"
