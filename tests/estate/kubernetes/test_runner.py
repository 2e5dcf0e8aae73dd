"""The runner: what changed is said, deadlines come due, and an odd object costs no more than itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stead.checks.kubernetes.node_not_ready import node_not_ready
from stead.checks.kubernetes.pod_not_ready import pod_not_ready
from stead.checks.kubernetes.pod_stuck_terminating import pod_stuck_terminating
from stead.declare import Check, check
from stead.domain.finding import Finding, FindingState, Severity
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.runner import RECHECK, Delta, Runner
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View
from stead.testing.objects import NOW, Json, ago, condition, node, pod


class House:
    """A view and its runner."""

    def __init__(self, *checks: Check) -> None:
        self.view = View("home")
        self.view.mark_known(Node)
        self.view.mark_known(Pod)
        self.runner = Runner(self.view, checks)

    def put(self, plain: Json, now: datetime = NOW) -> Delta:
        obj = convert_object(Node if plain["kind"] == "Node" else Pod, plain)
        self.view.put(obj)
        return self.runner.update([(type(obj), obj.metadata.namespace, obj.metadata.name)], now)

    def drop(self, name: str, now: datetime = NOW) -> Delta:
        struct, namespace = (Node, "") if name.startswith("node") else (Pod, "payments")
        self.view.drop(struct, namespace, name)
        return self.runner.update([(struct, namespace, name)], now)


def test_a_fault_opens_stays_quiet_while_it_lasts_and_goes() -> None:
    house = House(node_not_ready)
    opened = house.put(node(ready="Unknown"))
    assert [f.check for f in opened.seen] == ["node_not_ready"]
    assert not house.put(node(ready="Unknown", meta={"resourceVersion": "2"}))
    closed = house.put(node())
    assert (closed.seen, closed.gone) == ((), (opened.seen[0].fingerprint,))
    assert house.runner.next_due() is None


def test_what_is_progressing_fires_when_its_time_has_come() -> None:
    house = House(node_not_ready)
    house.put(node(ready="False", since=ago(seconds=30)))
    assert [f.state for f in house.runner.current().values()] == [FindingState.PROGRESSING]
    due = house.runner.next_due()
    assert due == NOW + timedelta(seconds=30)
    assert not house.runner.tick(due - timedelta(seconds=1))
    assert [f.state for f in house.runner.tick(due).seen] == [FindingState.FIRING]
    assert house.runner.next_due() == due + RECHECK


def test_an_object_that_went_takes_its_deadline_along() -> None:
    house = House(node_not_ready)
    house.put(node(ready="False", since=ago(seconds=30)))
    assert house.drop("node-3").gone
    assert house.runner.next_due() is None


def test_a_node_that_goes_changes_what_is_said_of_its_pods() -> None:
    house = House(pod_stuck_terminating)
    house.put(node())
    house.put(pod(meta={"deletionTimestamp": ago(minutes=20)}))
    (before,) = house.runner.current().values()
    delta = house.drop("node-3")
    assert (before.reason, [f.reason for f in delta.seen], delta.gone) == ("KubeletSilent", ["NodeGone"], (before.fingerprint,))


def test_pods_of_one_workload_are_one_finding_that_shrinks_with_them() -> None:
    house = House(pod_not_ready)
    house.put(node())
    for name in ("api-1", "api-2", "api-3"):
        house.put(pod(name, conditions=[condition("Ready", "False", ago(minutes=20))]))
    (found,) = house.runner.current().values()
    assert found.instances == ("api-1", "api-2", "api-3")
    house.drop("api-1")
    assert [f.instances for f in house.runner.current().values()] == [("api-2", "api-3")]


def test_a_fault_that_goes_on_keeps_its_beginning_and_its_worst_severity() -> None:
    says = [(NOW - timedelta(hours=1), Severity.CRITICAL), (NOW, Severity.WARNING)]

    @check(watches=[Node])
    def flapping(one: Node, view: View, now: datetime) -> Finding:
        since, severity = says[0]
        return view.finding(one, reason="Flaps", summary="flaps", since=since, severity=severity)

    house = House(flapping)
    house.put(node())
    says.pop(0)
    assert not house.put(node(ready="False"))
    (found,) = house.runner.current().values()
    assert (found.since, found.severity) == (NOW - timedelta(hours=1), Severity.CRITICAL)


def test_a_check_that_fails_is_blind_about_that_object_only() -> None:
    @check(watches=[Node])
    def fragile(one: Node, view: View, now: datetime) -> Iterator[Finding]:
        if one.metadata.name == "node-4":
            raise ValueError("odd")
        yield view.finding(one, reason="Seen", summary="seen")

    house = House(fragile)
    house.put(node("node-3"))
    (delta,) = [house.put(node("node-4"))]
    assert [(f.state, f.subject.name, f.reason) for f in delta.seen] == [(FindingState.BLIND, "node-4", "CheckFailed")]
    assert len(house.runner.current()) == 2


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_step_by_step_and_all_at_once_say_the_same(order: list[int], gone: list[int]) -> None:
    pods = [pod(f"api-{n}", conditions=[condition("Ready", "False", ago(minutes=n))]) for n in range(6)]
    step, once = House(pod_not_ready), House(pod_not_ready)
    for number in order:
        step.put(pods[number])
    for number in gone:
        step.drop(f"api-{number}")
    for number in sorted(set(range(6)) - set(gone)):
        once.view.put(convert_object(Pod, pods[number]))
    once.runner.full(NOW)
    fields = [[(f.fingerprint, f.instances, f.state, f.depends_on) for f in house.runner.current().values()] for house in (step, once)]
    assert fields[0] == fields[1]
