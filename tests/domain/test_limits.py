"""How much is done without a person: caps, a cooldown that grows, a breaker. They only ever tighten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.action import ActionState
from stead.domain.limits import Limits, Past, Wanted, held

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
KEY = ("home", "apps", "Deployment", "payments", "api")
WANTED = Wanted(verb="restart_rollout", target=KEY, estate="home", namespace="payments")
OTHER = ("home", "apps", "Deployment", "payments", "db")


def past(minutes: float, *, target: tuple[str, str, str, str, str] = OTHER, state: ActionState = ActionState.PROVEN, **more: str) -> Past:
    given = {"verb": "restart_rollout", "estate": "home", "namespace": target[3], **more}
    return Past(target=target, state=state, at=NOW - timedelta(minutes=minutes), **given)


def rules(*done: Past, wanted: Wanted = WANTED, limits: Limits | None = None) -> list[str]:
    return [one.rule for one in held(wanted, done, limits or Limits(), NOW)]


def test_the_first_action_is_not_held_up():
    assert rules() == []


@pytest.mark.parametrize(
    ("done", "rule"),
    [
        ([past(m, target=KEY) for m in (20, 40, 59)], "cap-per-target"),
        ([past(m) for m in range(1, 7)], "cap-per-namespace"),
        ([past(m, target=("home", "", "Pod", f"n{m}", "x")) for m in range(1, 13)], "cap-per-hour"),
        ([past(9, target=KEY)], "cooldown"),
        ([past(m, target=KEY, state=ActionState.UNPROVEN) for m in (300, 600)], "breaker"),
    ],
)
def test_each_limit_holds_up_what_would_break_it(done: list[Past], rule: str):
    assert rule in rules(*done)
    assert rule not in rules(*done[1:]), "one less would have been fine"


def test_the_cooldown_doubles_with_each_action_of_the_day():
    assert "cooldown" not in rules(past(11, target=KEY))
    assert "cooldown" in rules(past(11, target=KEY), past(200, target=KEY))
    assert "cooldown" not in rules(past(21, target=KEY), past(200, target=KEY))
    assert "cooldown" not in rules(past(21, target=KEY), past(25 * 60, target=KEY)), "yesterday is over"


def test_a_proof_closes_the_breaker_again():
    failed = [past(m, target=KEY, state=ActionState.UNPROVEN) for m in (600, 500)]
    assert "breaker" in rules(*failed)
    assert "breaker" not in rules(*failed, past(400, target=KEY))


def test_no_more_than_its_share_of_a_workload_is_taken_away():
    pod = replace(WANTED, verb="evict_pod", target=("home", "", "Pod", "payments", "api-x"), part_of="Deployment payments/api", whole=4)
    gone = [past(m, target=("home", "", "Pod", "payments", f"api-{m}"), part_of=pod.part_of) for m in (30, 40)]
    assert "cap-per-workload" in rules(*gone, wanted=pod)
    assert "cap-per-workload" not in rules(*gone[1:], wanted=pod)
    assert "cap-per-workload" not in rules(wanted=replace(pod, whole=1)), "the only pod may be replaced"


def test_another_estate_does_not_count():
    assert rules(*[past(m, target=KEY, estate="other") for m in (20, 40, 59)], limits=Limits(cooldown=timedelta(0))) == []


KINDS = st.builds(
    past,
    st.floats(0, 3000),
    target=st.sampled_from([KEY, OTHER]),
    state=st.sampled_from([ActionState.PROVEN, ActionState.UNPROVEN, ActionState.UNKNOWN, ActionState.APPLIED]),
)


@given(st.lists(KINDS, max_size=20), st.randoms())
def test_it_is_total_and_the_order_in_which_things_are_told_means_nothing(done: list[Past], rng: object):
    shuffled = list(done)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rules(*shuffled) == rules(*done) == sorted(rules(*done))
