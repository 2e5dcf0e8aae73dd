"""A finding is known again by its fingerprint, and two sightings of it are one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState, Severity, merge, merge_all
from stead.domain.subject import Subject

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


def pod(name: str, **changes: Any) -> Subject:
    given = {"estate": "home", "api_version": "v1", "kind": "Pod", "namespace": "payments", "name": name, "uid": f"uid-of-{name}"}
    return Subject(**(given | changes))


def crash(name: str = "api-7c9f", **changes: Any) -> Finding:
    given = {"check": "container_crash", "subject": pod(name), "reason": "Crashing", "summary": "exit 1", "top": API, "container": "app"}
    return Finding(**(given | changes))


# --- The fingerprint -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        crash("api-5d8b-xk2lq"),
        crash(summary="exit 137, 14 restarts"),
        crash(severity=Severity.CRITICAL, state=FindingState.PROGRESSING),
        crash(evidence=(Evidence(what="state", value="CrashLoopBackOff"),)),
        crash(evidence=(Evidence(what="state", value="Error"),)),
        crash(since=NINE, instances=("api-1", "api-2")),
        crash(depends_on=(pod("other"),)),
        crash(top=replace(API, uid="made anew", api_version="apps/v1beta2")),
    ],
    ids=["renamed pod", "words", "severity and state", "waiting", "terminated", "since", "dependencies", "API version"],
)
def test_a_fault_is_known_again_whatever_moves_on(later: Finding):
    assert later.fingerprint == crash().fingerprint


@pytest.mark.parametrize(
    "other",
    [
        crash(check="container_oom"),
        crash(reason="ImagePull"),
        crash(container="sidecar"),
        crash(top=replace(API, name="web")),
        crash(top=replace(API, kind="StatefulSet")),
        crash(subject=pod("api-7c9f", namespace="shop")),
        crash(subject=pod("api-7c9f", estate="cabin")),
        crash(subject=pod("api-7c9f", kind="ReplicaSet", api_version="apps/v1")),
        crash(subject=pod("api-7c9f", api_version="example.com/v1")),
        crash(top=None),
    ],
    ids=["check", "reason", "container", "owner's name", "owner's kind", "namespace", "estate", "kind", "group", "no owner"],
)
def test_another_fault_is_another_finding(other: Finding):
    assert other.fingerprint != crash().fingerprint


def test_without_an_owner_the_name_counts():
    assert crash("a", top=None).fingerprint != crash("b", top=None).fingerprint


def test_a_finding_is_found_under_its_subject_and_its_owner():
    assert crash().keys == {("home", "", "Pod", "payments", "api-7c9f"), ("home", "apps", "Deployment", "payments", "api")}
    assert crash(top=None).keys == {("home", "", "Pod", "payments", "api-7c9f")}


# --- Two sightings ---------------------------------------------------------------------------------------------------------

instants = st.none() | st.integers(0, 5).map(lambda minutes: NINE + timedelta(minutes=minutes))
evidence = st.builds(Evidence, what=st.sampled_from("ab"), value=st.sampled_from("12"))
sightings = st.builds(
    crash,
    st.sampled_from(["api-1", "api-2", "api-3"]),
    summary=st.sampled_from(["exit 1", "exit 2"]),
    severity=st.sampled_from(Severity),
    state=st.sampled_from(FindingState),
    since=instants,
    evidence=st.lists(evidence, max_size=2).map(tuple),
    depends_on=st.lists(st.sampled_from([pod("x"), pod("y"), pod("z")]), max_size=3, unique=True).map(tuple),
    instances=st.just(()) | st.just(("api-8", "api-9")),
    labels=st.lists(st.sampled_from([("label.a", "1"), ("label.b", "2"), ("namespace_label.a", "3")]), unique=True).map(sorted).map(tuple),
)


def instances(finding: Finding) -> set[str]:
    return set(finding.instances or (finding.subject.name,))


@given(sightings, sightings)
def test_which_sighting_came_first_makes_no_difference(one: Finding, other: Finding):
    assert merge(one, other) == merge(other, one)


@given(sightings, sightings)
def test_nothing_of_two_sightings_is_lost(one: Finding, other: Finding):
    both = merge(one, other)
    assert both.fingerprint == one.fingerprint == other.fingerprint
    assert both.severity.rank == max(one.severity.rank, other.severity.rank)
    assert (both.state is FindingState.FIRING) == (FindingState.FIRING in (one.state, other.state))
    assert instances(both) == instances(one) | instances(other)
    assert list(both.instances) == sorted(both.instances)
    assert both.since == min((f.since for f in (one, other) if f.since), default=None)
    assert set(both.depends_on) == {*one.depends_on, *other.depends_on}
    assert len(both.depends_on) == len(set(both.depends_on))
    assert set(both.labels) == {*one.labels} & {*other.labels}


@given(sightings, sightings)
def test_seeing_the_same_once_more_changes_nothing(one: Finding, other: Finding):
    both = merge(one, other)
    assert merge(both, both) == both


@given(st.lists(sightings, min_size=1, max_size=5).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_of_many_sightings_the_order_makes_no_difference_and_nothing_is_lost(seen: tuple[list[Finding], list[Finding]]):
    some, shuffled = seen
    merged = merge_all(some)
    assert merge_all(shuffled) == merged
    assert merged.severity is max((f.severity for f in some), key=lambda s: s.rank)
    assert set(merged.depends_on) == {subject for f in some for subject in f.depends_on}
    assert merged.since == min((f.since for f in some if f.since), default=None)
    assert set(merged.labels) == set.intersection(*(set(f.labels) for f in some))
    if len(some) > 1:
        assert list(merged.instances) == sorted(set.union(*map(instances, some)))


def test_blindness_is_not_covered_up_by_what_may_still_come_right():
    assert merge(crash(state=FindingState.PROGRESSING), crash(state=FindingState.BLIND)).state is FindingState.BLIND
