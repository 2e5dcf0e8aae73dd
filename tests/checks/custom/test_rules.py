"""The rules as data: each is well-formed, names its source, and says nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stead.checks.custom import rules
from stead.checks.custom.custom_resource import custom_resource
from stead.checks.custom.rules import Family, Rule, families, read, rule_of, wrong_spans
from stead.domain.finding import FindingState
from stead.estate.kubernetes.custom_kinds import is_custom
from stead.estate.kubernetes.slices.custom import Switches
from stead.ops.kinds_page import page
from stead.testing.checks import judge
from stead.testing.objects import NOW, ago, metadata

FAMILIES = list(families())
RULES = [(family, group, kind) for family in FAMILIES for group, kinds in family.groups.items() for kind in kinds]


def _paths(rule: Rule) -> list[str]:
    """Where a rule looks."""
    found = [
        path for test in rule.tests for path in (*test.when, test.message, *([test.since] if isinstance(test.since, str) else test.since))
    ]
    found += [path for phase in rule.phases for path in (phase.at, phase.since, phase.message)]
    found += [path for when in rule.suspended for path in when]
    found += [*(ref.at for ref in rule.refs), *(nested.at for nested in rule.nested)]
    return [path for path in found if path.startswith(("spec.", "status."))]


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    """Set a value where the path leads; `[]` makes a list of one."""
    step, rest = steps[0].removesuffix("[]"), steps[1:]
    inner: Any = value
    if rest:
        inner = {}
        _put(inner, rest, value)
    target[step] = [inner] if steps[0].endswith("[]") else inner


def ids(one: Any) -> str:
    return one if isinstance(one, str) else one.title


def test_at_least_forty_kinds_are_known() -> None:
    assert len(RULES) >= 40
    assert len({(group, kind) for _, group, kind in RULES}) == len(RULES)


@pytest.mark.parametrize(("family", "group", "kind"), RULES, ids=ids)
def test_a_rule_is_found_by_what_objects_call_themselves(family: Family, group: str, kind: str) -> None:
    assert is_custom(f"{group}/v1", kind)
    assert rule_of(group, kind) == family.rule(group, kind) != rules.UNKNOWN


@pytest.mark.parametrize("family", FAMILIES, ids=ids)
def test_a_family_names_its_sources_and_has_no_rule_that_nothing_uses(family: Family) -> None:
    assert all(link.startswith("https://") for link in family.docs)
    assert family.docs
    used = {name for group, kinds in family.groups.items() for kind in kinds for name in (kind, f"{group}/{kind}")}
    assert set(family.kinds) - used == set()


@pytest.mark.parametrize(("family", "group", "kind"), RULES, ids=ids)
def test_what_a_rule_says_fits_together(family: Family, group: str, kind: str) -> None:
    rule: Rule = family.rule(group, kind)
    assert rule.note
    assert wrong_spans(family) == []
    assert not set(rule.good) & {*rule.bad, *rule.ignore}
    assert not set(rule.bad) & set(rule.ignore)
    for phase in rule.phases:
        words = [*phase.good, *phase.progressing, *phase.suspended, *phase.degraded]
        assert len(words) == len(set(words))
    for test in rule.tests:
        assert test.reason.isalnum()
        assert test.when
        known = {"not", "exists", "present", "below", "above"}
        assert all(set(wanted) <= known for wanted in test.when.values() if isinstance(wanted, dict))
    assert all(ref.kind or ref.at.rpartition(".")[2] for ref in rule.refs)


def test_every_annotation_that_a_rule_asks_for_is_kept_of_an_object() -> None:
    asked: set[str] = set()
    for family, group, kind in RULES:
        rule = family.rule(group, kind)
        asked |= {path for when in (*rule.suspended, *(test.when for test in rule.tests)) for path in when}
        asked |= set(rule.run.series) if rule.run is not None else set()
    kept = {f"metadata.annotations.{name}" for name in Switches.__struct_encode_fields__}
    assert {path for path in asked if path.startswith("metadata.annotations.")} <= kept


PATHS = sorted({path for _, group, kind in RULES for path in _paths(rule_of(group, kind))})
WORDS = sorted(
    {word for _, group, kind in RULES for phase in rule_of(group, kind).phases for word in (*phase.degraded, *phase.progressing)}
)


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """An object of a known kind that has, where its rule looks, anything at all."""
    _, group, kind = draw(st.sampled_from(RULES))
    made: dict[str, Any] = {"apiVersion": f"{group}/v1", "kind": kind, "spec": {}, "status": {}}
    odd = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([*WORDS, ago(days=1), "9999-12-31T23:59:59Z"])
    odd |= st.lists(odd, max_size=2) | st.dictionaries(
        st.sampled_from(["name", "kind", "group", "apiVersion", "namespace"]), odd, max_size=3
    )
    for path in [*_paths(rule_of(group, kind)), *draw(st.lists(st.sampled_from(PATHS), max_size=3))]:
        _put(made, [step for step in path.split(".") if step], draw(odd))
    return made | {"metadata": metadata("it", creationTimestamp=draw(st.sampled_from([ago(days=9), ago(seconds=1)])))}


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(objects())
def test_no_object_of_a_known_kind_however_odd_fails_its_rule(it: dict[str, Any]) -> None:
    found = judge(custom_resource, it, now=NOW)
    assert [f.evidence for f in found if f.state is FindingState.BLIND] == []
    assert [f.fingerprint for f in found] == [f.fingerprint for f in judge(custom_resource, dict(reversed(it.items())), now=NOW)]


def test_a_key_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="godd"):
        read(b"title: X\ndocs: []\ngroups: {}\nkinds: {A: {godd: [Ready]}}\n", "x.yaml")


def test_the_page_of_kinds_is_what_the_rules_say() -> None:
    made = Path(__file__).parents[3] / "docs" / "reference" / "custom-kinds.md"
    assert made.read_text() == page(), "run `python -m stead.ops.kinds_page > docs/reference/custom-kinds.md`"
