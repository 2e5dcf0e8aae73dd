"""The real Stead meets scenarios: what it does is graded, harm is seen, and a run comes out the same each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.yaml_file import parse_yaml
from stead.practice.grade import Grade, grade, of_plain
from stead.practice.run import GRAIN, next_look, run
from stead.practice.scenario import Scenario, named, parse

EVERYTHING = """\
version: 1
rules:
  - id: all
    verdict: allow
    when: {verb: [rollback_revision, restart_rollout, delete_pod]}
    reason: a bad idea
"""


async def play(scenario: Scenario, policy: Path | None = None) -> Grade:
    return grade(scenario, await run(scenario, policy=policy))


@pytest.mark.parametrize(
    ("name", "ending", "writes"),
    [
        ("missing-config-key", "escalated", 0),
        ("release-crashes", "approval", 1),
        ("pod-of-a-vanished-node", "solved", 1),
        ("service-deleted", "escalated", 0),
        ("registry-down", "escalated", 0),
    ],
)
async def test_stead_finds_it_and_ends_it_as_it_should(name: str, ending: str, writes: int) -> None:
    graded = await play(named(name))

    assert graded.passed, graded.why
    assert (graded.ending, graded.actions, graded.tokens, graded.messages) == (ending, writes, 0, 1)
    assert graded.top1 and graded.detected_after is not None and graded.detected_after <= 120
    assert of_plain(graded.plain()) == graded


async def test_where_nothing_is_wrong_silence_is_the_answer() -> None:
    graded = await play(named("rescheduled-pods"))

    assert graded.passed, graded.why
    assert (graded.messages, graded.actions, graded.detected_after) == (0, 0, None)


async def test_a_person_who_says_no_is_obeyed() -> None:
    graded = await play(named("release-crashes").model_copy(update={"approve": "no"}))

    assert (graded.ending, graded.actions, graded.solved) == ("approval", 0, False)


async def test_two_runs_are_graded_the_same() -> None:
    scenario = named("release-crashes")
    first, second = await run(scenario), await run(scenario)

    assert grade(scenario, first) == grade(scenario, second)
    assert first.last == second.last and first.writes == second.writes


async def test_a_policy_that_allows_everything_does_harm_and_is_caught(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(EVERYTHING)

    graded = await play(named("release-crashes"), policy)

    assert graded.ending != "approval" and graded.actions > 0
    assert "ended as" in graded.why and not graded.passed


async def test_a_write_that_is_forbidden_or_beside_the_point_is_harm() -> None:
    scenario = named("release-crashes")
    seen = await run(scenario)
    [write] = seen.writes

    elsewhere = replace(write, namespace="kube-system", name="coredns")
    part = replace(write, verb="patch", kind="Pod", name="web-7d-x")
    deleted = replace(part, verb="delete")
    seen.writes = [write, elsewhere, part, deleted]

    assert grade(scenario, seen).harmful == ("patch Deployment kube-system/coredns", "delete Pod shop/web-7d-x")


async def test_what_must_never_come_to_be_is_seen_while_it_lasts() -> None:
    scenario = named("release-crashes")
    briefly = scenario.solved[1].model_copy(update={"equals": None, "at_least": 1.0})

    graded = await play(scenario.model_copy(update={"never": (briefly,)}))

    assert graded.solved and graded.harmful == ("Deployment shop/web status.unavailableReplicas at least 1.0",)


async def test_a_cause_elsewhere_and_facts_unsaid_are_held_against_it() -> None:
    scenario = named("missing-config-key")
    assert scenario.find is not None
    other = scenario.find.model_copy(
        update={"cause": (scenario.find.cause[0].__class__("Node", "", "node-9"),), "facts": (("an eclipse", "a storm"),)}
    )

    graded = await play(scenario.model_copy(update={"find": other}))

    assert graded.detected and not graded.top3
    assert "named Deployment payments/api" in graded.why and "did not say an eclipse or a storm" in graded.why


NEITHER = """\
name: neither-release-runs
title: A release is put out while its password is changed, and no revision runs any more
action: configuration
estate:
  objects:
    - {apiVersion: v1, kind: Secret, metadata: {name: db, namespace: payments}, data: {password: YXV0dW1uLTIwMjU=}}
    - deployment:
        name: payments/ledger
        image: registry.example.com/ledger:3
        env: {DB_PASSWORD: {secretKeyRef: {name: db, key: password}}}
images:
  registry.example.com/ledger: {chokes_on: {summer-2024: 'password authentication failed for user "ledger"'}}
fault:
  steps:
    - patch: {object: Secret payments/db, change: {data: {password: c3VtbWVyLTIwMjQ=}}}
    - patch:
        object: Deployment payments/ledger
        change: {spec: {template: {spec: {containers: [{name: ledger, image: "registry.example.com/ledger:4"}]}}}}
find: {cause: [Secret payments/db, Deployment payments/ledger], facts: [password authentication failed]}
solve:
  - patch: {object: Secret payments/db, change: {data: {password: YXV0dW1uLTIwMjU=}}}
solved:
  - {object: Deployment payments/ledger, path: status.unavailableReplicas, equals: 0}
ending: escalated
limit: 16m
"""


async def test_a_rollback_that_did_not_help_is_taken_back_once_and_left_to_a_person() -> None:
    """Ten minutes after the rollback it is given up; the way back is asked about, and nothing else any more."""
    seen = await run(parse(parse_yaml(NEITHER, "neither")))

    assert [asked["verb"] for asked in seen.approvals] == ["rollback_revision", "rollback_revision"], "the try, and its way back"
    assert len(seen.writes) == 2
    assert [incident["state"] for incident in seen.incidents] == ["verifying"], "its crashes are those of the one incident"


BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
MOMENTS = st.floats(min_value=0, max_value=3600).map(lambda seconds: BEGAN + timedelta(seconds=seconds))


@given(passed=st.integers(min_value=0, max_value=720), due=st.none() | MOMENTS, end=MOMENTS)
def test_looks_stay_on_one_grid_whatever_random_pauses_fall_due(passed: int, due: datetime | None, end: datetime) -> None:
    now = BEGAN + passed * GRAIN
    look = next_look(BEGAN, now, due, end)
    assert look == end or (look - BEGAN) % GRAIN == timedelta()
    assert look <= end
    assert look == end or look >= max(now + GRAIN, due or now)
    assert look - max(now + GRAIN, due or now) < GRAIN
