"""The rules as data: each is well-formed, names its source, and says nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from stead.checks.custom import rules
from stead.checks.custom.rules import Family, Rule, families, read, rule_of, wrong_spans
from stead.estate.kubernetes.custom_kinds import is_custom
from stead.ops.kinds_page import page

FAMILIES = list(families())
RULES = [(family, group, kind) for family in FAMILIES for group, kinds in family.groups.items() for kind in kinds]


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


def test_a_key_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="godd"):
        read(b"title: X\ndocs: []\ngroups: {}\nkinds: {A: {godd: [Ready]}}\n", "x.yaml")


def test_the_page_of_kinds_is_what_the_rules_say() -> None:
    made = Path(__file__).parents[3] / "docs" / "reference" / "custom-kinds.md"
    assert made.read_text() == page(), "run `python -m stead.ops.kinds_page > docs/reference/custom-kinds.md`"
