"""`stead policy` and `stead autonomy`: what would be let happen, asked before it happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stead.cli.run import run

POLICY = """
version: 1
time_zone: Europe/Zurich
rules:
- id: restart-in-dev
  verdict: allow
  when: {verb: restart_rollout, namespace: dev-*}
  unless: [{name: db-*}]
- id: asks
  verdict: needs_approval
  when: {verb: [restart_rollout, scale]}
- id: never-at-night
  verdict: deny
  when: {verb: scale, time: 22:00-06:00}
- id: no-models-in-prod
  verdict: deny
  when: {agent: "*", namespace: prod}
- id: enough
  verdict: deny
  when: {verb: restart_rollout, count: 5}
- id: not-by-alerts
  verdict: deny
  when: {trigger: alert, namespace: dev-b}
- id: not-on-hearsay
  verdict: deny
  when: {verb: restart_rollout, tainted: true}
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEAD_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)


def asked(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = run(["policy", "explain", "--policy", "policy.yaml", *words])
    return code, capsys.readouterr().out.strip()


def test_a_decision_names_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("restart_rollout", "Deployment/dev-a/web", capsys=capsys) == (0, "needs_approval by asks")
    assert asked("restart_rollout", "Deployment/prod/web", "--model", capsys=capsys) == (1, "deny by no-models-in-prod")
    assert asked("restart_rollout", "Deployment/dev-a/web", "--tainted", capsys=capsys) == (1, "deny by not-on-hearsay")
    assert asked("restart_rollout", "Deployment/dev-b/web", "--trigger", "alert", capsys=capsys) == (1, "deny by not-by-alerts")
    assert asked("restart_rollout", "Deployment/dev-b/web", capsys=capsys) == (0, "needs_approval by asks")
    assert asked("delete_job", "Job/dev-a/x", capsys=capsys) == (1, "deny: no rule covers delete_job")


def test_whose_yes_would_count_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = "approvers: [{id: ops, when: {namespace: dev-a}, who: ['role:admin'], people: 2}]\n"
    (tmp_path / "policy.yaml").write_text(POLICY + entry)
    said = "needs_approval by asks\nA yes is for role:admin (ops).\nIt takes two people, where there are two who may say yes."
    assert asked("restart_rollout", "Deployment/dev-a/web", capsys=capsys) == (0, said)
    assert asked("restart_rollout", "Deployment/dev-c/web", capsys=capsys) == (0, "needs_approval by asks")
    told = json.loads(asked("restart_rollout", "Deployment/dev-a/web", "-o", "json", capsys=capsys)[1])
    assert (told["people"], told["approvers"]) == (2, [{"id": "ops", "who": ["role:admin"]}])


def test_never_comes_before_every_rule_and_a_helm_release_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked("restart_rollout", "Deployment/stead/web", capsys=capsys)
    assert (code, said) == (1, "deny by never: Stead's own namespace is left to people")
    assert "run the line yourself" in asked("helm_rollback", "Deployment/dev-a/web", capsys=capsys)[1]


def test_as_json_it_holds_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked("scale", "StatefulSet/dev-a/db", "--label", "tier=dev", "-o", "json", capsys=capsys)
    told = json.loads(said)
    assert (told["schemaVersion"], told["facts"]["labels"], told["facts"]["risk"]) == (1, {"tier": "dev"}, "medium")
    assert (told["decision"] == "deny") is (code == 1)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["restart", "Deployment/a/b"], "there is no action `restart`"),
        (["scale", "Node/n"], "`scale` is for Deployment, StatefulSet"),
        (["scale"], "an action is a verb and a target"),
        (["scale", "deployment"], "an action is a verb and a target"),
    ],
)
def test_what_is_no_action_is_said_in_a_sentence(words: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "explain", "--policy", "policy.yaml", *words]) == 2
    assert what in capsys.readouterr().err


CASES = """
cases:
- {verb: restart_rollout, namespace: dev-a, expect: needs_approval, rules: [asks]}
- {verb: scale, namespace: dev-a, at: "2026-03-01T12:00:00Z", expect: needs_approval}
- {verb: scale, namespace: dev-a, at: "2026-03-01T21:30:00Z", expect: deny, rules: [never-at-night]}
- {verb: restart_rollout, namespace: dev-b, trigger: alert, expect: deny, rules: [not-by-alerts]}
- {verb: restart_rollout, count: 5, expect: deny, rules: [enough]}
"""


def test_a_table_of_cases_is_held_against_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    assert run(["policy", "test", "cases.yaml", "--policy", "policy.yaml"]) == 0
    assert capsys.readouterr().out.strip() == "5 of 5 cases are as expected"
    (tmp_path / "cases.yaml").write_text(CASES.replace("expect: needs_approval, rules: [asks]", "expect: allow"))
    assert run(["policy", "test", "cases.yaml", "--policy", "policy.yaml"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "cases.yaml:3: restart_rollout Deployment/dev-a/web: expected allow, and it is needs_approval by asks"


def test_a_table_that_cannot_be_read_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.yaml").write_text(CASES.replace("expect: deny, rules: [enough]", "expect: maybe"))
    assert run(["policy", "test", "cases.yaml", "--policy", "policy.yaml"]) == 2
    assert "cases.yaml:7" in capsys.readouterr().err


def test_autonomy_shows_how_far_models_may_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stead.yaml").write_text("version: 1\nagents: {autonomy: {'*': act, scale: propose}}\n")
    assert run(["autonomy", "--policy", "policy.yaml", "--config", "stead.yaml", "-o", "json"]) == 0
    rows = {row["verb"]: row for row in json.loads(capsys.readouterr().out)["classes"]}
    assert (rows["delete_pod"]["wanted"], rows["delete_pod"]["models"]) == ("act", "ask"), "it is not earned"
    assert (rows["scale"]["models"], rows["scale"]["decision"]) == ("propose", "deny")
    assert rows["helm_rollback"]["models"] == "told only"
    assert {row["decision"] for row in rows.values()} <= {"needs_approval", "deny"}


def test_a_level_for_what_is_no_action_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stead.yaml").write_text("version: 1\nagents: {autonomy: {scal: observe}}\n")
    for command in (["autonomy"], ["config", "check"]):
        assert run([*command, "--config", "stead.yaml"]) == 2
        said = capsys.readouterr().err
        assert "`agents.autonomy` names `scal`, and there is no such action" in said
        assert "did you mean `scale`?" in said
