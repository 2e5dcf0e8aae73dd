"""What a policy says of one proposed action: the strictest rule wins, and silence means no."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.matching import Patterns, labels_match
from stead.domain.policy import MATCHABLE, ActionFacts, Condition, Policy, Rule, Verdict

ALLOW, ASK, DENY = Verdict.ALLOW, Verdict.NEEDS_APPROVAL, Verdict.DENY


def facts(**changes: Any) -> ActionFacts:
    given = {
        "verb": "restart_rollout",
        "estate": "home",
        "kind": "Deployment",
        "namespace": "payments",
        "name": "api",
        "check": "container_crash",
        "proposer": "restart_workload",
        "risk": "low",
        "reversible": True,
    }
    return ActionFacts(**(given | changes))


def when(
    labels: dict[str, str] | None = None,
    workload_labels: dict[str, str] | None = None,
    guess: bool | None = None,
    reversible: bool | None = None,
    **fields: str,
) -> Condition:
    return Condition(
        fields={name: Patterns.of(pattern) for name, pattern in fields.items()},
        labels={name: Patterns.of(pattern) for name, pattern in (labels or {}).items()},
        workload_labels={name: Patterns.of(pattern) for name, pattern in (workload_labels or {}).items()},
        guess=guess,
        reversible=reversible,
    )


def rule(verdict: Verdict, condition: Condition | None = None, *unless: Condition, id: str = "", **more: Any) -> Rule:
    return Rule(id=id or verdict.value, verdict=verdict, when=condition or Condition(), unless=unless, **more)


@pytest.mark.parametrize(
    ("rules", "about", "verdict", "deciding"),
    [
        pytest.param([], facts(), DENY, (), id="no policy"),
        pytest.param([rule(ALLOW, when(verb="delete_pod"))], facts(), DENY, (), id="no rule covers it"),
        pytest.param([rule(ALLOW)], facts(), ALLOW, ("allow",), id="allowed"),
        pytest.param([rule(ALLOW), rule(ASK)], facts(), ASK, ("needs_approval",), id="a question beats a yes"),
        pytest.param([rule(ALLOW), rule(DENY), rule(ASK)], facts(), DENY, ("deny",), id="a no beats both"),
        pytest.param([rule(ASK, id="b"), rule(ASK, id="a"), rule(ALLOW)], facts(), ASK, ("a", "b"), id="all that decide are named, sorted"),
        pytest.param([rule(ALLOW), rule(DENY, None, when(namespace="payments"))], facts(), ALLOW, ("allow",), id="excepted from the no"),
        pytest.param([rule(ALLOW), rule(DENY, None, when(namespace="shop"))], facts(), DENY, ("deny",), id="an exception for another"),
        pytest.param(
            [rule(ALLOW), rule(DENY, None, when(namespace="shop"), when(name="a*"))],
            facts(),
            ALLOW,
            ("allow",),
            id="any exception is enough",
        ),
        pytest.param([rule(ALLOW, None, when(name="api"))], facts(), DENY, (), id="excepted from the yes"),
        pytest.param([rule(ALLOW, when(guess=False))], facts(guess=True), DENY, (), id="a guess is not known to fit"),
        pytest.param([rule(ALLOW, when(guess=False))], facts(), ALLOW, ("allow",), id="no guess"),
        pytest.param([rule(ALLOW, when(guess=True))], facts(), DENY, (), id="for guesses only"),
        pytest.param([rule(ALLOW)], facts(guess=True), ALLOW, ("allow",), id="guesses are not asked about"),
        pytest.param([rule(ALLOW, when(reversible=True))], facts(reversible=False), DENY, (), id="cannot be taken back"),
        pytest.param(
            [rule(DENY, when(reversible=False)), rule(ALLOW)], facts(reversible=False), DENY, ("deny",), id="no for the irreversible"
        ),
        pytest.param([rule(ALLOW)], facts(tainted=True), ASK, ("allow",), id="tainted: a person is asked"),
        pytest.param([rule(ALLOW, even_if_tainted=True)], facts(tainted=True), ALLOW, ("allow",), id="tainted, and allowed nevertheless"),
        pytest.param(
            [rule(ALLOW, even_if_tainted=True)], facts(tainted=True, reversible=False), ASK, ("allow",), id="tainted and irreversible"
        ),
        pytest.param([rule(DENY)], facts(tainted=True), DENY, ("deny",), id="taint softens nothing"),
        pytest.param(
            [rule(ALLOW, when(labels={"tier": "dev*"}))], facts(labels={"tier": "dev-1"}), ALLOW, ("allow",), id="namespace's label"
        ),
        pytest.param(
            [rule(ALLOW, when(labels={"tier": "dev"}))], facts(workload_labels={"tier": "dev"}), DENY, (), id="not the workload's"
        ),
        pytest.param(
            [rule(ALLOW), rule(DENY, when(workload_labels={"keep": "*"}))],
            facts(workload_labels={"keep": ""}),
            DENY,
            ("deny",),
            id="its own label",
        ),
        pytest.param(
            [rule(ALLOW), rule(DENY, when(workload_labels={"keep": "*"}))],
            facts(labels={"keep": "1"}),
            ALLOW,
            ("allow",),
            id="only its own",
        ),
        pytest.param([rule(ALLOW, when(namespace="pay*", verb="restart_*"))], facts(), ALLOW, ("allow",), id="patterns"),
        pytest.param([rule(ALLOW, when(namespace="PAY*"))], facts(), DENY, (), id="capitals count"),
        pytest.param([rule(ALLOW, when(namespace="pay"))], facts(), DENY, (), id="a pattern is the whole value"),
    ],
)
def test_what_the_rules_say(rules: list[Rule], about: ActionFacts, verdict: Verdict, deciding: tuple[str, ...]):
    decision = Policy(tuple(rules)).decide(about)
    assert (decision.verdict, decision.rules) == (verdict, deciding)


@pytest.mark.parametrize("name", MATCHABLE)
def test_each_field_that_may_be_named_is_matched(name: str):
    value = getattr(facts(), name)
    assert Policy((rule(ALLOW, when(**{name: value})),)).decide(facts()).verdict is ALLOW
    assert Policy((rule(ALLOW, when(**{name: f"{value}-not"})),)).decide(facts()).verdict is DENY


def test_a_no_without_a_rule_says_so_and_names_a_guess():
    assert Policy().decide(facts()).why == "no rule covers restart_rollout"
    assert "it would be a guess" in Policy().decide(facts(guess=True)).why


def test_the_reasons_told_are_those_of_the_rules_that_decided():
    rules = [rule(ASK, id="b", reason="second"), rule(ASK, id="a", reason="first"), rule(ASK, id="c"), rule(ALLOW, reason="unheard")]
    assert Policy(tuple(rules)).decide(facts()).why == "first; second"


# --- Whatever the rules are ------------------------------------------------------------------------------------------------

words = st.sampled_from(["payments", "pay*", "shop", "*", "delete_pod", "restart_rollout", "api"])
patterns = st.lists(words, min_size=1, max_size=2).map(Patterns.of)
maybe = st.sampled_from([None, True, False])
labels = st.dictionaries(st.sampled_from(["tier", "keep"]), patterns, max_size=2)
conditions = st.builds(
    Condition,
    fields=st.dictionaries(st.sampled_from(["verb", "namespace", "name"]), patterns, max_size=2),
    labels=labels,
    workload_labels=labels,
    guess=maybe,
    reversible=maybe,
)
rules = st.builds(
    Rule,
    id=st.sampled_from("abcdef"),
    verdict=st.sampled_from(Verdict),
    when=conditions,
    unless=st.lists(conditions, max_size=1).map(tuple),
    even_if_tainted=st.booleans(),
    reason=st.sampled_from(["", "because", "so"]),
)
given_labels = st.dictionaries(st.sampled_from(["tier", "keep"]), st.sampled_from(["shop", "api", ""]))
proposals = st.builds(
    facts,
    verb=st.sampled_from(["delete_pod", "restart_rollout"]),
    namespace=st.sampled_from(["payments", "shop"]),
    reversible=st.booleans(),
    guess=st.booleans(),
    tainted=st.booleans(),
    labels=given_labels,
    workload_labels=given_labels,
)


@given(st.lists(rules, max_size=4), st.lists(conditions, max_size=2), rules, proposals)
def test_a_deny_rule_more_never_widens_what_is_allowed(given_rules: list[Rule], unless: list[Condition], added: Rule, about: ActionFacts):
    denying = rule(DENY, added.when, *unless, id="added")
    before, after = Policy(tuple(given_rules)).decide(about), Policy((*given_rules, denying)).decide(about)
    assert after.verdict.strictness >= before.verdict.strictness
    if denying.applies(about):
        assert after.verdict is DENY


@given(st.lists(rules, max_size=4), st.randoms(use_true_random=False), proposals)
def test_the_order_of_the_rules_never_matters(given_rules: list[Rule], shuffle: random.Random, about: ActionFacts):
    before = Policy(tuple(given_rules)).decide(about)
    shuffle.shuffle(given_rules)
    assert Policy(tuple(given_rules)).decide(about) == before


@given(st.lists(rules, max_size=4), proposals)
def test_nothing_is_allowed_that_no_allow_rule_covers(given_rules: list[Rule], about: ActionFacts):
    decision = Policy(tuple(given_rules)).decide(about)
    if decision.verdict is ALLOW:
        assert decision.rules
        assert all(r.verdict is ALLOW for r in given_rules if r.applies(about))
    assert {r.id for r in given_rules if r.applies(about)} >= set(decision.rules)


@given(st.lists(rules, max_size=4), proposals)
def test_taint_never_widens(given_rules: list[Rule], about: ActionFacts):
    policy = Policy(tuple(given_rules))
    clean, tainted = policy.decide(replace(about, tainted=False)), policy.decide(replace(about, tainted=True))
    assert tainted.verdict.strictness >= clean.verdict.strictness
    if not about.reversible:
        assert tainted.verdict is not ALLOW


# --- Matching --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_patterns", "value", "matches"),
    [
        ("payments", "payments", True),
        ("team-*", "team-a", True),
        ("team-?", "team-ab", False),
        (["shop", "pay*"], "payments", True),
        ([], "payments", False),
        ("*", "", True),
        ("Payments", "payments", False),
    ],
)
def test_patterns(given_patterns: str | list[str], value: str, matches: bool):
    assert Patterns.of(given_patterns).match(value) is matches


def test_every_wanted_label_must_be_there():
    wanted = {"tier": Patterns.of("dev"), "team": Patterns.of("*")}
    assert labels_match(wanted, {"tier": "dev", "team": "", "more": "x"})
    assert not labels_match(wanted, {"tier": "dev"})
    assert labels_match({}, {})
