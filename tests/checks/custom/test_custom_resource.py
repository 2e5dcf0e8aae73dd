"""Kinds that nobody declared a rule for: judged by Kubernetes' conventions, and never by a guess."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.custom.custom_resource import custom_resource
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata, owner


def widget(*conditions: Json, meta: Json | None = None, spec: Json | None = None, **status: Any) -> Json:
    whole = ({"conditions": list(conditions)} if conditions else {}) | status
    made = metadata("web", creationTimestamp=ago(days=9), generation=3) | (meta or {})
    return {"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": made, "spec": spec or {}, "status": whole}


def look(*objects: Json) -> list[Finding]:
    return judge(custom_resource, *objects, now=NOW)


def ready(status: str, reason: str = "", since: str = "", **more: Any) -> Json:
    return condition("Ready", status, since, reason=reason, **more)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (widget(ready("False", "ConnectFailed", ago(seconds=1))), "NotReady"),
        (widget(ready("False", "Whatever")), "NotReady"),
        (widget(ready("False")), "NotReady"),
        (widget(ready("Unknown", "Checking", ago(hours=2))), "NotReady"),
        (widget({"type": "Ready", "status": "False"}), "NotReady"),
        (widget({"type": "Ready", "status": False}), "NotReady"),
        (widget(condition("Available", "False", reason="MinimumReplicasUnavailable")), "NotAvailable"),
        (widget(condition("Synced", "False", reason="ReconcileError"), ready("True")), "NotSynced"),
        (widget(condition("Degraded"), ready("True")), "Degraded"),
        (widget(condition("Stalled", reason="BadSpec"), ready("False", "BadSpec")), "NotReady"),
        (widget(condition("DiskPressure")), "DiskPressure"),
        (widget(condition("ReconcileError"), ready("True")), "ReconcileError"),
        (widget(condition("Progressing", "False", reason="ProgressDeadlineExceeded")), "Progressing"),
        (widget(condition("DatabaseReady", "False", reason="LoginFailed")), "NotDatabaseReady"),
        (widget(condition("Deployed"), condition("VerticesHealthy", "False", reason="Unhealthy")), "NotVerticesHealthy"),
        (widget(phase="Failed"), "Failed"),
        (widget(phase="CreateFailed", message="no disk"), "Failed"),
        (widget(state="error"), "Failed"),
        (widget(health={"status": "Degraded"}), "Failed"),
        (widget(state="disconnected"), "Down"),
        (widget(phase="Pending", lastTransitionTime=ago(hours=3)), "StillWaiting"),
        (widget(phase="Pending"), "StillWaiting"),
        (widget(condition("QuotaExceeded")), "QuotaExceeded"),
        (widget(condition("Succeeded", "False", reason="PodEvictionFailed")), "NotSucceeded"),
        (widget(error={"message": "no such bucket"}), "Error"),
        (widget(state="reconciling", error="no such bucket"), "Error"),
        (widget(ready=False), "NotReady"),
        (widget(ready("True"), meta={"deletionTimestamp": ago(hours=3), "finalizers": ["shop.example.com/x"]}), "StuckDeleting"),
    ],
)
def test_a_sick_one_is_told(sick: Json, reason: str) -> None:
    (found,) = look(sick)
    assert (found.reason, found.state) == (reason, FindingState.FIRING)
    assert found.summary.startswith("Widget payments/web ")
    assert all(e.command.startswith("kubectl -n payments get widgets.shop.example.com web") for e in found.evidence)


@pytest.mark.parametrize(
    "well",
    [
        widget(),
        widget(ready("True")),
        widget(ready("True"), phase="Running"),
        widget(ready("True"), observedGeneration=3),
        widget(condition("Degraded", "False"), condition("Stalled", "False")),
        widget(condition("Progressing", "False", reason="AsExpected"), condition("Available")),
        widget(condition("Paused", "False"), condition("Enabled", "False"), condition("Primary", "False")),
        widget(condition("LastBackupFailed")),
        widget(condition("NoErrors", "False")),
        widget(condition("Completed", "False"), condition("Scheduled", "False")),
        widget(ready("False", "Completed")),
        widget(ready("True"), condition("DatabaseReady", "False", reason="LoginFailed")),
        widget(ready("True"), error="an old one"),
        widget(ready("False", severity="Info")),
        widget(condition("UpdateAvailable", "False"), condition("FailoverReady", "False"), condition("PartiallyReady", "False")),
        widget(ready("False"), phase="Completed"),
        widget(phase="Active"),
        widget(phase="Initialized"),
        widget(phase="Blooming"),
        widget(state="no errors found"),
        widget(health={"status": "Healthy"}),
        widget(replicas=3, readyReplicas=3),
        widget(spec={"replicas": 0}, readyReplicas=0),
        widget(ready=True),
        widget(color="red", lastError="long ago"),
    ],
)
def test_a_healthy_one_is_silent(well: Json) -> None:
    assert look(well) == []


@pytest.mark.parametrize(
    "quiet",
    [
        widget(ready("False", "ConnectFailed"), spec={"suspend": True}),
        widget(ready("False", "ConnectFailed"), spec={"paused": True}),
        widget(ready("False", "Suspended")),
        widget(ready("False", "Gone"), condition("Paused")),
        widget(ready("False", "Gone"), spec={"replicas": 0}),
        widget(ready("False", "ConnectFailed"), spec={"enabled": False}),
        widget(ready("False", "ScaledToZero")),
        widget(ready("False", "Synced"), meta={"annotations": {"crossplane.io/paused": "true"}}),
        widget(ready("False"), meta={"annotations": {"cluster.x-k8s.io/paused": ""}}),
        widget(phase="Suspended"),
        widget(phase="Stopped"),
    ],
)
def test_a_suspended_one_is_left_alone(quiet: Json) -> None:
    assert look(quiet) == []


@pytest.mark.parametrize(
    "waiting",
    [
        widget(ready("False", "Creating", ago(minutes=2))),
        widget(ready("False", "DependencyNotReady", ago(minutes=2))),
        widget(ready("Unknown", since=ago(minutes=2))),
        widget(ready("False", "ConnectFailed", ago(minutes=1)), meta={"creationTimestamp": ago(minutes=2)}),
        widget(ready("False", "ConnectFailed", observedGeneration=2)),
        widget(ready("False", "ConnectFailed"), observedGeneration=2),
        widget(observedGeneration=2),
        widget(phase="Provisioning", meta={"creationTimestamp": ago(minutes=5)}),
        widget(phase="Upgrading"),
        widget(condition("Succeeded", "False", reason="Busy")),
        widget(phase="Restoring", startTime=ago(minutes=5)),
        widget(spec={"replicas": 3}, readyReplicas=1),
        widget(ready("True"), meta={"deletionTimestamp": ago(minutes=1)}),
    ],
)
def test_what_may_still_come_right_is_progressing(waiting: Json) -> None:
    (found,) = look(waiting)
    assert found.state is FindingState.PROGRESSING


@pytest.mark.parametrize(
    "status", [None, [], "x", {"conditions": "x"}, {"conditions": [None, 1, {}]}, {"phase": {}}, {"observedGeneration": "x"}]
)
def test_a_status_that_cannot_be_understood_says_nothing(status: Any) -> None:
    assert look(widget() | {"status": status}) == []


def test_an_object_alone_in_a_dump_is_judged_by_its_own_newest_time() -> None:
    unwell, starts = (widget(ready("False", reason, ago())) for reason in ("Odd", "Creating"))
    assert [(f.reason, f.state) for f in look(unwell)] == [("NotReady", FindingState.FIRING)]
    assert [(f.reason, f.state) for f in look(starts)] == [("NotReady", FindingState.PROGRESSING)]


def test_what_a_definition_prints_as_ready_is_judged_as_such() -> None:
    columns = [
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Blooming")].status'},
        {"name": "Status", "type": "string", "jsonPath": ".status.gardenStatus"},
    ]
    names = {"plural": "widgets", "kind": "Widget"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata("widgets.shop.example.com", ""),
        "spec": {
            "group": "shop.example.com",
            "names": names,
            "versions": [{"name": "v1", "served": True, "additionalPrinterColumns": columns}],
        },
    }
    wilted = widget(condition("Blooming", "False", reason="Wilted"))
    assert look(wilted) == []
    assert [f.reason for f in look(definition, wilted)] == ["NotBlooming"]
    assert look(widget(gardenStatus="SyncFailed")) == []
    assert [f.reason for f in look(definition, widget(gardenStatus="SyncFailed"))] == ["Failed"]


def run(name: str, phase: str, hours: float, **meta: Any) -> Json:
    made = {"creationTimestamp": ago(hours=hours), "generateName": "nightly-", **meta}
    return widget(phase=phase, completionTime=ago(hours=hours)) | {"metadata": metadata(name) | made}


def test_a_failed_run_is_told_until_a_later_one_has_ended() -> None:
    failed = run("nightly-a1b2c", "Failed", 30)
    assert [f.reason for f in look(failed)] == ["Failed"]
    assert look(failed, run("nightly-d3e4f", "Running", 1))
    assert look(failed, run("nightly-d3e4f", "Succeeded", 6)) == []
    (found,) = look(failed, run("nightly-d3e4f", "Failed", 6))
    assert found.subject.name == "nightly-d3e4f"
    assert look(failed, run("nightly-d3e4f", "Ready", 6)) != []
    assert look(run("once-x1y2z", "Failed", 24 * 30, generateName="")) != []


def test_runs_of_one_owner_are_one_fault_however_they_are_called() -> None:
    first, second = (look(run(name, "Failed", 2, ownerReferences=owner("Cron", "nightly")))[0] for name in ("nightly-1", "nightly-2"))
    assert first.fingerprint == second.fingerprint


def test_its_pods_and_its_parts_explain_it() -> None:
    part = {**widget(phase="Failed"), "kind": "Petal"}
    part["metadata"] = metadata("petal", ownerReferences=owner("Widget", "web", "shop.example.com/v1"))
    found = {f.subject.kind: f for f in look(widget(phase="Failed"), part)}
    assert [s.kind for s in found["Widget"].depends_on] == ["Petal", "Widget"]
    assert [s.kind for s in found["Petal"].depends_on] == ["Petal"]


@given(
    st.permutations([condition("Degraded"), ready("False", "X"), condition("Synced", "False", reason="ReconcileError"), condition("Odd")])
)
def test_the_order_of_conditions_is_no_matter(conditions: list[Json]) -> None:
    (found,) = look(widget(*conditions))
    (again,) = look(widget(*sorted(conditions, key=lambda c: str(c["type"])), meta={"labels": {"a": "b"}, "resourceVersion": "7"}))
    assert found.fingerprint == again.fingerprint
    assert found.summary == again.summary


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["False", "Failed", ago(days=1)]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["conditions", "type", "status", "reason", "phase", "health", "ready", "replicas", "name", "kind", "lastTransitionTime"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)
conditions = st.lists(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("type", "status", "reason", "message", "lastTransitionTime", "observedGeneration"), json)
    ),
    max_size=4,
)
KINDS = [
    ("shop.example.com/v1", "Widget"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("acme.cert-manager.io/v1", "Order"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
]


@given(
    st.sampled_from(KINDS),
    json,
    st.dictionaries(st.sampled_from(["conditions", "phase", "parents", "observedGeneration"]), json | conditions),
)
def test_no_object_however_odd_fails_the_check(kind: tuple[str, str], spec: Any, status: Any) -> None:
    found = look({**widget(), "apiVersion": kind[0], "kind": kind[1], "spec": spec, "status": status})
    assert [f for f in found if f.state is FindingState.BLIND] == []


def test_a_huge_object_is_cut_and_still_judged() -> None:
    huge = widget(ready("False", "ConnectFailed"), blob="x" * 5_000_000, many=[{"n": n, "text": "y" * 50} for n in range(50_000)])
    (found,) = look(huge)
    assert found.reason == "NotReady"
    assert found.since == NOW - timedelta(hours=1)
