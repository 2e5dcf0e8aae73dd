"""Findings with one cause are one group, named by the cause, whatever order they come in."""

import itertools
import random
import time
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.finding import Finding, FindingState, Severity
from stead.domain.grouping import Group, group
from stead.domain.subject import Subject


def subject(kind: str, name: str, **changes: Any) -> Subject:
    groups = {"Deployment": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    given = {"estate": "home", "api_version": groups.get(kind, "v1"), "kind": kind, "name": name, "namespace": "payments"}
    return Subject(**(given | ({"namespace": ""} if kind == "Node" else {}) | changes))


def finding(about: Subject, check: str = "broken", **changes: Any) -> Finding:
    return Finding(**({"check": check, "subject": about, "reason": "Broken", "summary": f"{about} is broken"} | changes))


def shape(groups: Sequence[Group]) -> dict[str, set[str]]:
    """{cause: its symptoms}, by the subjects' words."""
    return {str(g.cause.subject): {str(s.subject) for s in g.symptoms} for g in groups}


NODE, OTHER_NODE = subject("Node", "node-3"), subject("Node", "node-4")
API, WEB = subject("Deployment", "api"), subject("Deployment", "web")


def test_thirty_pods_on_a_dead_node_are_one_group():
    pods = [finding(subject("Pod", f"api-{n}"), depends_on=(NODE,), top=subject("Deployment", f"app-{n}")) for n in range(30)]
    found = [*pods, finding(NODE, severity=Severity.WARNING), *(finding(p.top, depends_on=(p.top,)) for p in pods if p.top)]
    random.Random(3).shuffle(found)
    (dead,) = group(found)
    assert dead.cause.subject == NODE
    assert len(dead.symptoms) == 60
    assert dead.findings[0] is dead.cause


def test_a_group_is_as_bad_as_its_worst_member():
    (found,) = group([finding(NODE), finding(subject("Pod", "api-1"), depends_on=(NODE,), severity=Severity.CRITICAL)])
    assert (found.cause.subject, found.severity) == (NODE, Severity.CRITICAL)


def test_a_workload_and_its_service_are_explained_by_the_pods():
    pod = finding(subject("Pod", "api-1"), "container_crash", top=API)
    stuck = finding(API, "deployment_not_progressing", depends_on=(API,))
    service = finding(subject("Service", "api"), "service_without_endpoints", depends_on=(API, subject("Pod", "api-1")))
    assert shape(group([service, stuck, pod])) == {"Pod payments/api-1": {"Deployment payments/api", "Service payments/api"}}


def test_a_service_is_explained_by_its_workload_where_that_is_all_that_is_known():
    service = finding(subject("Service", "api"), depends_on=(API,))
    assert shape(group([service, finding(API, depends_on=(API,))])) == {"Deployment payments/api": {"Service payments/api"}}


def test_pods_are_not_explained_by_the_workload_that_they_break():
    pod = finding(subject("Pod", "api-1"), top=API, depends_on=(API,))
    assert set(shape(group([pod, finding(API, depends_on=(API,))]))) == {"Pod payments/api-1", "Deployment payments/api"}


def test_the_nearest_cause_is_the_one():
    claim = subject("PersistentVolumeClaim", "data")
    pod = finding(subject("Pod", "api-1"), depends_on=(claim, NODE))
    assert shape(group([pod, finding(NODE), finding(claim)])) == {
        "PersistentVolumeClaim payments/data": {"Pod payments/api-1"},
        "Node node-3": set(),
    }


def test_two_causes_stay_two_groups():
    found = [
        finding(NODE, severity=Severity.CRITICAL),
        finding(OTHER_NODE),
        finding(subject("Pod", "api-1"), depends_on=(NODE,)),
        finding(subject("Pod", "web-1"), depends_on=(OTHER_NODE,)),
        finding(subject("Pod", "db-1")),
    ]
    groups = group(found)
    assert shape(groups) == {"Node node-3": {"Pod payments/api-1"}, "Node node-4": {"Pod payments/web-1"}, "Pod payments/db-1": set()}
    assert groups[0].cause.subject == NODE, "the worst comes first"


def test_another_estate_explains_nothing():
    elsewhere = finding(subject("Node", "node-3", estate="cabin"))
    assert len(group([elsewhere, finding(subject("Pod", "api-1"), depends_on=(NODE,))])) == 2


def test_what_may_still_come_right_is_in_no_group_and_explains_nothing():
    node = finding(NODE, state=FindingState.PROGRESSING)
    pod = finding(subject("Pod", "api-1"), depends_on=(NODE,))
    assert shape(group([node, pod])) == {"Pod payments/api-1": set()}


def test_what_could_not_be_looked_at_is_told():
    assert shape(group([finding(NODE, state=FindingState.BLIND)])) == {"Node node-3": set()}


def test_an_api_version_that_moves_on_does_not_part_cause_and_symptom():
    cause = finding(subject("Deployment", "api", api_version="apps/v1beta2", uid="1"))
    assert len(group([cause, finding(subject("Service", "api"), depends_on=(API,))])) == 1


def test_causes_in_a_circle_are_one_group_named_by_its_worst():
    a, b, c, d = (subject("Pod", name) for name in "abcd")
    circle = [finding(a, depends_on=(b,)), finding(b, depends_on=(c,), severity=Severity.CRITICAL), finding(c, depends_on=(a,))]
    tail = finding(d, depends_on=(a,))
    assert shape(group([tail, *circle])) == {"Pod payments/b": {"Pod payments/a", "Pod payments/c", "Pod payments/d"}}


def test_a_chain_of_five_thousand_is_followed_to_its_end_at_once():
    links = [subject("Pod", f"p{n:04}") for n in range(5_000)]
    found = [finding(here, depends_on=(links[n + 1],) if n + 1 < len(links) else ()) for n, here in enumerate(links)]
    began = time.process_time()
    (chain,) = group(found)
    assert chain.cause.subject == links[-1]
    # Half a second on a slow machine; walking from every link anew takes minutes.
    assert time.process_time() - began < 10


def test_sightings_of_one_fault_are_one_in_whatever_order_they_come():
    nodes = [subject("Node", f"node-{n}") for n in range(3)]
    sightings = [finding(subject("Pod", f"api-{n}"), top=API, depends_on=(nodes[2 - n],)) for n in range(3)]
    grouped = [group([*order, finding(nodes[1])]) for order in itertools.permutations(sightings)]
    assert shape(grouped[0]) == {"Node node-1": {"Pod payments/api-0"}}
    assert grouped[0][0].symptoms[0].instances == ("api-0", "api-1", "api-2")
    assert all(other == grouped[0] for other in grouped)


# --- Whatever the findings are ---------------------------------------------------------------------------------------------

names = st.sampled_from([subject("Pod", f"p{n}") for n in range(8)])
tops = st.sampled_from([None, API, WEB])
anything = st.builds(
    finding,
    names,
    st.sampled_from(["one", "two"]),
    depends_on=st.lists(names | st.sampled_from([API, WEB, NODE]), max_size=3).map(tuple),
    top=tops,
    severity=st.sampled_from(Severity),
    state=st.sampled_from(FindingState),
    summary=st.sampled_from(["x", "y"]),
)


@given(st.lists(anything, max_size=14), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_never_matters(found: list[Finding], shuffle: random.Random):
    before = group(found)
    shuffle.shuffle(found)
    assert group(found) == before


@given(st.lists(anything, max_size=14))
def test_every_finding_is_in_exactly_one_group(found: list[Finding]):
    grouped = [member.fingerprint for g in group(found) for member in g.findings]
    assert sorted(grouped) == sorted({f.fingerprint for f in found if f.state is not FindingState.PROGRESSING})


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12), st.lists(st.sampled_from(Severity), min_size=12, max_size=12))
def test_a_forest_of_causes_falls_into_its_trees(parents: list[int], severities: list[Severity]):
    """Each pod depends on one with a smaller number, or on none: its group is named by where that leads."""
    parents = [parent if parent < n else -1 for n, parent in enumerate(parents)]
    pods = [subject("Pod", f"p{n}") for n in range(12)]
    found = [finding(pods[n], depends_on=(pods[p],) if p >= 0 else (), severity=severities[n]) for n, p in enumerate(parents)]

    def root(n: int) -> int:
        return n if parents[n] < 0 else root(parents[n])

    wanted = {str(pods[n]): {str(pods[m]) for m in range(12) if root(m) == n and m != n} for n in range(12) if parents[n] < 0}
    assert shape(group(found)) == wanted


def test_what_blames_one_subject_is_one_group_where_that_has_no_finding_of_its_own():
    """Two programs that miss the same Service: nobody can look at what is not there, so the first speaks for both."""
    missing = subject("Service", "rates")
    api = finding(subject("Pod", "api-1"), top=API, blames=missing)
    web = finding(subject("Pod", "web-1"), top=WEB, blames=missing)
    service = finding(subject("Service", "web"), depends_on=(WEB,))
    other = finding(subject("Pod", "mail-1"), blames=subject("Service", "smtp"))
    assert shape(group([other, service, web, api])) == {
        "Pod payments/api-1": {"Pod payments/web-1", "Service payments/web"},
        "Pod payments/mail-1": set(),
    }
    own = finding(missing)
    both = [finding(f.subject, top=f.top, blames=missing, depends_on=(missing,)) for f in (api, web)]
    assert shape(group([*both, own])) == {"Service payments/rates": {"Pod payments/api-1", "Pod payments/web-1"}}
