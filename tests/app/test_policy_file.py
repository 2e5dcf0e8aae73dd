"""The policy file: what a person writes, what it decides, and what a mistake in it is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.discover import shelves
from stead.app.policy_file import Catalogue, default_policy, load_policy, policy_of, policy_schema
from stead.app.yaml_file import Written, parse_yaml
from stead.domain.errors import Exit, UserError
from stead.domain.policy import ActionFacts, Verdict

CATALOGUE = Catalogue(
    verbs=frozenset({"delete_pod", "restart_rollout", "rollback_revision"}),
    checks=frozenset({"pod_stuck_terminating", "container_crash"}),
    proposers=frozenset({"delete_stuck_pod", "rollback_release", "restart_workload"}),
)
_FOUND = shelves()
SHIPPED = Catalogue.of([*_FOUND.every_check.values(), *_FOUND.verbs.values(), *_FOUND.playbooks.values()])


def facts(**changes: Any) -> ActionFacts:
    given = {
        "verb": "delete_pod",
        "estate": "home",
        "kind": "Pod",
        "namespace": "payments",
        "name": "api-7c9f",
        "check": "pod_stuck_terminating",
        "proposer": "delete_stuck_pod",
        "risk": "medium",
        "reversible": False,
    }
    return ActionFacts(**(given | changes))


def load(text: str):
    return policy_of(parse_yaml(text, "policy.yaml"), CATALOGUE)


@pytest.mark.parametrize(
    ("changes", "verdict", "rules"),
    [
        ({}, Verdict.ALLOW, ("stuck-pod-of-a-gone-node",)),
        ({"namespace": "kube-system"}, Verdict.DENY, ("never-in-system-namespaces",)),
        ({"namespace": "stead"}, Verdict.DENY, ("never-in-system-namespaces",)),
        ({"check": "container_crash"}, Verdict.DENY, ()),
        ({"proposer": "investigator"}, Verdict.DENY, ()),
        ({"tainted": True}, Verdict.NEEDS_APPROVAL, ("stuck-pod-of-a-gone-node",)),
        ({"verb": "rollback_revision", "kind": "Deployment"}, Verdict.NEEDS_APPROVAL, ("ask-before-rollback",)),
        ({"verb": "rollback_revision", "kind": "Deployment", "guess": True}, Verdict.NEEDS_APPROVAL, ("ask-before-rollback",)),
        ({"guess": True}, Verdict.DENY, ()),
        ({"verb": "restart_rollout", "kind": "Deployment", "guess": True}, Verdict.DENY, ()),
    ],
)
def test_what_the_default_policy_lets_happen(changes: Mapping[str, Any], verdict: Verdict, rules: tuple[str, ...]):
    decision = default_policy(SHIPPED).decide(facts(**changes))
    assert (decision.verdict, decision.rules) == (verdict, rules)
    if changes.get("guess") and verdict is Verdict.DENY:
        assert "it would be a guess" in decision.why


def test_a_rule_is_read_with_its_patterns_labels_and_exceptions():
    policy = load("""
version: 1
rules:
  - id: teams-may
    verdict: allow
    when: {verb: "restart_*", namespace: [team-*, payments], labels: {tier: [dev, staging]}, reversible: false}
    unless: [{name: db-*}]
    even_if_tainted: true
    reason: dev only
  - id: hands-off
    verdict: deny
    when: {workload_labels: {example.com/keep: "*"}}
""")
    dev = facts(verb="restart_rollout", namespace="team-a", labels={"tier": "dev"})
    assert policy.decide(dev).verdict is Verdict.ALLOW
    assert policy.decide(dev).why == "dev only"
    assert policy.decide(facts(verb="restart_rollout", namespace="team-a", labels={"tier": "dev"}, name="db-0")).verdict is Verdict.DENY
    assert policy.decide(facts(verb="restart_rollout", namespace="team-a", labels={"tier": "prod"})).verdict is Verdict.DENY
    kept = facts(verb="restart_rollout", namespace="team-a", labels={"tier": "dev"}, workload_labels={"example.com/keep": ""})
    assert policy.decide(kept).rules == ("hands-off",)


@pytest.mark.parametrize(
    ("rule", "line", "says", "hint"),
    [
        ("{id: a, verdict: deny, when: {trigger: schedule}}", 3, "there is no such trigger", "known here: alert, check, heartbeat, person"),
        ("{id: a, verdict: allow, when: {verbs: delete_pod}}", 3, "unknown key `rules[0].when.verbs`", "did you mean `verb`?"),
        ("{id: a, verdict: allow, when: {verb: delete_pods}}", 3, "there is no such verb", "did you mean `delete_pod`?"),
        ("{id: a, verdict: deny, when: {verb: [delete_pod, nuke]}}", 3, "names `nuke`", "restart_rollout"),
        ("{id: a, verdict: deny, when: {check: container_crush}}", 3, "no such check", "did you mean `container_crash`?"),
        ("{id: a, verdict: deny, when: {proposer: restart_workloads}}", 3, "no such proposer", "did you mean `restart_workload`?"),
        ("{id: a, verdict: deny, when: {risk: huge}}", 3, "no such risk", "high"),
        ("{id: a, verdict: deny, when: {kind: pod}}", 3, "`pod` is not how Kubernetes writes a kind", "Deployment"),
        ("{id: a, verdict: maybe, when: {}}", 3, "`rules[0].verdict` is not `allow`, `needs_approval` or `deny`", ""),
        ("{id: a, verdict: allow, when: {}}", 3, "names no verb", "delete_pod"),
        ("{id: a, verdict: allow, when: {verb: delete_pod, workload_labels: {a: b}}}", 3, "cannot allow anything", "labels"),
        ("{id: a, verdict: deny, when: {}, unless: [{workload_labels: {a: b}}]}", 3, "cannot excuse", "labels"),
        ("{id: a, verdict: deny, when: {}, unless: [{}]}", 3, "would never apply", "excepted"),
        ("{id: a, verdict: deny, when: {}, even_if_tainted: true}", 3, "only on an allow rule", "leave it out"),
        ("{id: a, verdict: deny, when: {namespace: []}}", 3, "is an empty list", "leave the key out"),
        ("{id: a, verdict: deny, when: {guess: perhaps}}", 3, "is not true or false", ""),
        ("{id: A b, verdict: deny, when: {}}", 3, "`rules[0].id` is not a name", ""),
        ("{id: a, when: {}}", 3, "`rules[0].verdict` is missing", ""),
        ("{id: a, verdict: deny, when: {}}\n  - {id: a, verdict: deny, when: {}}", 4, "a second rule named `a`", "another id"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(rule: str, line: int, says: str, hint: str):
    with pytest.raises(UserError) as caught:
        load(f"version: 1\nrules:\n  - {rule}\n")
    assert caught.value.what.startswith(f"policy.yaml:{line}: ")
    assert says in caught.value.what
    assert hint in caught.value.hint
    assert caught.value.code is Exit.USAGE


@pytest.mark.parametrize("text", ["", "[]", "just words", "version: 1", "version: 2\nrules: []", "rules: [", "rules: &a [*a]", "rules: 7"])
def test_what_is_no_policy_is_one_sentence(text: str, tmp_path: Path):
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        load_policy(file, CATALOGUE)
    assert "\n" not in caught.value.what
    assert str(file) in caught.value.what


def test_a_policy_comes_from_a_file_from_the_configuration_or_from_the_box(tmp_path: Path):
    rules = {"rules": [{"id": "no", "verdict": "deny", "when": {}}]}
    assert load_policy(rules, CATALOGUE).decide(facts()).rules == ("no",)
    assert load_policy(None, SHIPPED) == default_policy(SHIPPED)
    with pytest.raises(UserError, match=r"missing\.yaml cannot be read: no such file"):
        load_policy(tmp_path / "missing.yaml", CATALOGUE)


def test_the_schema_names_every_key():
    condition = policy_schema()["$defs"]["ConditionSettings"]["properties"]
    assert {"verb", "namespace", "check", "labels", "workload_labels", "guess"} <= set(condition)
    assert all(field.get("description") for field in condition.values())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "verdict", "when", "verb", "unless", "x"]), inner),
)


@given(st.dictionaries(st.sampled_from(["version", "rules", "extra"]), anything))
def test_anything_else_is_a_policy_or_one_clear_sentence(data: dict[str, Any]):
    try:
        policy_of(Written("policy.yaml", data), CATALOGUE)
    except UserError as error:
        assert error.what.startswith("policy.yaml")
