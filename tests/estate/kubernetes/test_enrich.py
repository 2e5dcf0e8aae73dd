"""What logs and events tell is added to the findings that need it, and costs the API server the same however much is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.kubernetes.deployment_not_progressing import deployment_not_progressing
from stead.checks.kubernetes.pod_pending import pod_pending
from stead.clocks import SteppedClock
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState
from stead.estate.kubernetes.dump import read_dump
from stead.estate.kubernetes.enrich.enricher import MOST_CAUSES, MOST_REQUESTS
from stead.estate.kubernetes.enrich.events import fold, read_event
from stead.estate.kubernetes.enrich.learned import enriched_from
from stead.estate.kubernetes.enrich.said import cause_in
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View
from stead.testing.objects import NOW, ago, condition, deployment, owner, pending, replica_set

PODS, HERE = "/api/v1/pods", "/api/v1/namespaces/payments/pods"
EVENTS = "/api/v1/namespaces/payments/events"


@check(watches=[Pod, Node])
def crashes(pod: Pod, view: View, now: datetime) -> Iterator[Finding]:
    """Every container that was started again is at fault."""
    for status in pod.status.container_statuses:
        if status.restart_count:
            yield view.finding(pod, reason="CrashLoop", summary=f"{status.name} crashes", container=status.name)


def crashing(script: Any, name: str = "api-1", container: str = "api", **state: Any) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": 1}}
    status = {"name": container, "restartCount": 7, "lastState": ended, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, **state}
    return script.pod(name, containerStatuses=[status])


def event(message: str, reason: str = "FailedMount", name: str = "api-1", count: int = 1, **more: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "payments", "name": name}
    times = {"firstTimestamp": ago(minutes=30), "lastTimestamp": ago(minutes=1)}
    given = {"type": "Warning", "reason": reason, "message": message, "count": count, "involvedObject": about, **times, **more}
    return {"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"{name}.1"}, **given}


async def evidence(estate: Any) -> dict[str, Evidence]:
    """What one scan found out about the only finding, by what was looked at."""
    (finding,) = (await estate(checks=[crashes]).scan()).findings
    return {one.what: one for one in finding.evidence}


# Logs


async def test_a_crash_brings_the_last_words_of_the_run_before(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.answer(script.listing(crashing(script))))
    wire.on(f"{HERE}/api-1/log", script.answer(b"starting\n\x1b[31mpanic: no DEPLOY_ENV\x1b[0m\r\n"))
    log = (await evidence(estate))["the log of container api"]
    assert (log.value, log.tainted) == ("starting\npanic: no DEPLOY_ENV", True)
    assert log.command == "kubectl logs -n payments api-1 -c api --previous --tail=200"
    (asked,) = wire.asked(f"{HERE}/api-1/log")
    assert (asked.query["previous"], asked.query["tailLines"]) == ("true", "200")


async def test_a_container_that_runs_is_asked_for_both_its_runs(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.answer(script.listing(crashing(script, state={"running": {}}))))
    wire.on(f"{HERE}/api-1/log", script.answer(b"starting\nready\n"), script.answer(b"E0105 09:00:00.000000 1 x.go:1] no route\n"))
    log = (await evidence(estate))["the log of container api"]
    assert log.value == "error: no route"
    assert "--previous" not in log.command


async def test_a_password_in_a_log_or_an_event_does_not_leave_the_cluster(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.answer(script.listing(crashing(script))))
    wire.on(f"{HERE}/api-1/log", script.answer(b"pass\x1b[0mword=swordfish, dial postgres://app:hunter2@db/x: refused\n"))
    wire.on(EVENTS, script.answer(script.listing(event("probe failed: http://u:hunter2@x/", reason="Unhealthy"))))
    found = await evidence(estate)
    assert found["the log of container api"].value == "password=[redacted], dial postgres://app:[redacted]@db/x: refused"
    assert "http://u:[redacted]@x/" in found["events"].value


async def test_a_log_that_cannot_be_read_is_said_and_stops_nothing(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.answer(script.listing(crashing(script))))
    wire.on(f"{HERE}/api-1/log", script.refuse(400, "BadRequest", "previous terminated container not found"))
    wire.on(EVENTS, script.refuse(403, "Forbidden"))
    found = await evidence(estate)
    assert found["the log of container api"].value.startswith("could not be read: ")
    assert "events" not in found


async def test_a_finding_does_not_wait_for_a_server_that_does_not_answer(
    wire: Any, script: Any, estate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("enricher", "reading"):
        monkeypatch.setattr(f"stead.estate.kubernetes.enrich.{place}.PATIENCE", 0.05)
    item = crashing(script)
    item["metadata"]["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "u", "controller": True}]
    wire.on(PODS, script.answer(script.listing(item)))
    owner = "/apis/apps/v1/namespaces/payments/statefulsets/db"
    for path in (f"{HERE}/api-1/log", EVENTS, owner):
        wire.on(path, script.silent)
    found = await evidence(estate)
    assert wire.asked(owner)
    assert found["the log of container api"].value.startswith("could not be read within ")


# The budget


async def test_the_number_of_requests_does_not_grow_with_what_fails(wire: Any, script: Any, estate: Any) -> None:
    cost: dict[int, int] = {}
    for failing in (0, 100, 1000):
        items = [crashing(script, f"api-{n}", state={"running": {}}) for n in range(failing)]
        for n, item in enumerate(items):
            owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": f"db-{n}", "uid": f"u-{n}", "controller": True}
            item["metadata"]["ownerReferences"] = [owner]
            item["spec"] = {"containers": [{"name": "api", "envFrom": [{"configMapRef": {"name": f"c{m}-{n}"}} for m in range(4)]}]}
        wire.on(PODS, script.answer(script.listing(*items)))
        cost[failing] = (await estate(checks=[crashes]).scan()).requests
    assert cost[100] == cost[1000]
    assert len([r for r in wire.requests if r.path.endswith(("/log", "/events"))]) == 2 * 3 * MOST_CAUSES
    discovery = 4
    assert cost[0] + 3 * MOST_CAUSES < cost[100] <= cost[0] + MOST_REQUESTS + discovery


async def test_a_storm_of_one_fault_does_not_hide_another(wire: Any, script: Any, estate: Any) -> None:
    items = [crashing(script, f"api-{n:03}") for n in range(50)] + [script.pod("zz", "Failed")]

    @check(watches=[Pod])
    def failed(pod: Pod, view: View, now: datetime) -> Finding | None:
        return view.finding(pod, reason="Failed", summary="failed") if pod.status.phase == "Failed" else None

    wire.on(PODS, script.answer(script.listing(*items)))
    await estate(checks=[crashes, failed]).scan()
    assert "involvedObject.kind=Pod,involvedObject.name=zz" in [r.query["fieldSelector"] for r in wire.asked(EVENTS)]


async def test_what_another_finding_explains_is_not_asked_about(wire: Any, script: Any, estate: Any) -> None:
    @check(watches=[Node])
    def gone(node: Node, view: View, now: datetime) -> Finding:
        return view.finding(node, reason="Gone", summary="gone")

    @check(watches=[Pod, Node])
    def lost(pod: Pod, view: View, now: datetime) -> Finding:
        return view.finding(pod, reason="Lost", summary="lost", container="api", depends_on=[view.named(Node, "", "node-1")])

    wire.on(PODS, script.answer(script.listing(crashing(script))))
    wire.on("/api/v1/nodes", script.answer(script.listing({"metadata": {"name": "node-1"}})))
    await estate(checks=[gone, lost]).scan()
    assert [r.path for r in wire.requests if "event" in r.path or "log" in r.path] == ["/api/v1/events"]


async def test_a_watch_in_a_storm_asks_no_more_than_a_scan_does(wire: Any, script: Any, watch: Any, clock: SteppedClock) -> None:
    items = [crashing(script, f"api-{n:03}") for n in range(40)]
    stream = script.Stream(*(script.event("ADDED", item) for item in items[:20]), script.first_end())
    wire.on(PODS, stream, watch=True)
    night = watch(checks=[crashes])
    await night.next()
    asked = len(wire.asked(EVENTS))
    for item in items[20:]:
        stream.say(script.event("ADDED", item))
        await night.next()
    assert asked == len(wire.asked(EVENTS)) == MOST_CAUSES
    clock.advance(timedelta(minutes=2))
    stream.say(script.event("MODIFIED", crashing(script, "api-039", container="other")))
    await night.next()
    assert len(wire.asked(EVENTS)) == MOST_CAUSES + 1


async def test_a_finding_keeps_what_was_learned_of_it(wire: Any, script: Any, watch: Any) -> None:
    stream = script.Stream(script.event("ADDED", crashing(script)), script.first_end())
    wire.on(PODS, stream, watch=True)
    wire.on(f"{HERE}/api-1/log", script.answer(b"panic: no DEPLOY_ENV\n"))
    night = watch(checks=[crashes])
    ((first,),) = [(await night.next()).seen]
    again = crashing(script)
    again["status"]["phase"] = "Pending"
    again["metadata"]["labels"] = {"a": "b"}
    again["status"]["containerStatuses"].append({"name": "sidecar", "restartCount": 1})
    stream.say(script.event("MODIFIED", again))
    later = {f.container: f for f in (await night.next()).seen}
    assert first.evidence[0].value == "panic: no DEPLOY_ENV"
    assert "sidecar" in later
    assert len(wire.asked(f"{HERE}/api-1/log")) == 2


# Events


def test_events_that_say_the_same_are_one_with_a_count_and_its_times() -> None:
    given = [
        event("Back-off pulling for 10s", "BackOff", count=3, firstTimestamp=ago(minutes=50), lastTimestamp=ago(minutes=20)),
        event("Back-off pulling for 20s", "BackOff", count=4, firstTimestamp=ago(minutes=10), lastTimestamp=ago(minutes=2)),
        event("Scheduled", "Scheduled", type="Normal"),
        event("no route", "FailedMount", count=1, firstTimestamp=ago(minutes=1), lastTimestamp=ago(minutes=1)),
    ]
    told = [str(one) for one in fold(one for one in (read_event(json.dumps(e).encode()) for e in given) if one)]
    assert told == [
        f"FailedMount at {NOW - timedelta(minutes=1):%H:%M}: no route",
        f"BackOff ×7 from {NOW - timedelta(minutes=50):%H:%M} to {NOW - timedelta(minutes=2):%H:%M}: Back-off pulling for 20s",
    ]


def test_both_forms_of_an_event_are_read_alike() -> None:
    new = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "x"},
        "type": "Warning",
        "reason": "FailedScheduling",
        "note": "0/3 nodes are available",
        "regarding": {"kind": "Pod", "namespace": "payments", "name": "api-1"},
        "eventTime": ago(minutes=9),
        "deprecatedFirstTimestamp": None,
        "series": {"count": 5, "lastObservedTime": ago(minutes=1)},
    }
    read = read_event(json.dumps(new).encode())
    assert read is not None
    assert read.about == ("Pod", "payments", "api-1")
    (one,) = fold([read])
    assert (one.count, one.first, one.last) == (5, NOW - timedelta(minutes=9), NOW - timedelta(minutes=1))


MISSING = {
    'MountVolume.SetUp failed for volume "tls" : secret "db-tls" not found': ("Secret `db-tls` does not exist", "Secret"),
    'MountVolume.SetUp failed for volume "c" : configmap "settings" not found': ("ConfigMap `settings` does not exist", "ConfigMap"),
    'persistentvolumeclaim "data" not found': ("claim `data` does not exist", "PersistentVolumeClaim"),
    "references non-existent secret key: ca.crt": ("key `ca.crt` is missing in its Secret", ""),
    'Multi-Attach error for volume "pvc-1" Volume is already used': ("volume `pvc-1` is still attached to another node", ""),
    "driver name nfs.csi.k8s.io not found in the list of registered CSI drivers": (
        "CSI driver `nfs.csi.k8s.io` is not on its node",
        "CSIDriver",
    ),
    (
        'MountVolume.SetUp failed for volume "media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs '
        "-o vers=4.1 nas.example.com:/export/media /var/lib/kubelet/x\nOutput: mount.nfs: Connection timed out"
    ): ("NFS server `nas.example.com` does not answer", "NFSServer"),
    'failed to setup network for sandbox "0a": plugin type="calico" failed (add)': ("network plugin `calico` gives it no network", ""),
    'MountVolume.MountDevice failed for volume "pvc-1" : exit status 32': ("volume `pvc-1` cannot be mounted", ""),
}


@pytest.mark.parametrize("message", MISSING)
def test_an_event_of_a_pod_that_cannot_start_names_what_is_missing(message: str) -> None:
    said = read_event(json.dumps(event(message)).encode())
    assert said is not None
    cause = cause_in(fold([said]), estate="home", namespace="payments")
    assert cause is not None
    assert (cause.words, cause.subject.kind if cause.subject else "") == MISSING[message]


def stuck(**more: Any) -> dict[str, Any]:
    made = pending("", meta={"creationTimestamp": ago(hours=1)}, spec={"nodeName": "node-3"}, **more)
    made["metadata"]["name"] = "api-1"
    made["status"]["conditions"] = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(hours=1)}]
    return made


def look(tmp_path: Path, *objects: dict[str, Any], check: Any = pod_pending) -> Finding:
    (tmp_path / "dump.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    dump = read_dump(str(tmp_path / "dump.json"), "home", wall=NOW)
    runner = Runner(dump.view, [check])
    runner.full(NOW)
    (finding,) = enriched_from(dump.events, tuple(runner.current().values()), dump.view, NOW)
    assert finding.state is FindingState.FIRING
    return finding


def test_a_dump_with_events_says_which_secret_a_pod_waits_for(tmp_path: Path) -> None:
    without = look(tmp_path, stuck())
    found = look(tmp_path, stuck(), event('MountVolume.SetUp failed for volume "tls" : secret "db-tls" not found', count=12))
    assert found.summary == "payments/api-1 cannot start: Secret `db-tls` does not exist"
    assert (found.depends_on[0].kind, found.depends_on[0].path) == ("Secret", "payments/db-tls")
    assert found.blames == found.depends_on[0]
    assert found.evidence[0].value.startswith("FailedMount ×12 from ")
    assert found.evidence[0].tainted
    assert found.fingerprint == without.fingerprint


def test_a_rollout_that_one_pod_holds_up_says_what_that_pod_waits_for(tmp_path: Path) -> None:
    late = condition("Progressing", "False", ago(minutes=5), reason="ProgressDeadlineExceeded")
    rollout = deployment(replicas=1, available=1, conditions=[condition("Available"), late])
    made = stuck()
    made["metadata"] |= {"creationTimestamp": ago(minutes=3), "ownerReferences": owner("ReplicaSet", "api-7c9f")}
    said = event('Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) api-0', reason="FailedAttachVolume")
    found = look(tmp_path, rollout, replica_set(), made, said, check=deployment_not_progressing)
    assert found.subject.kind == "Deployment"
    assert found.summary.endswith("0 of 1 updated; its new pod cannot start: volume `pvc-1` is still attached to another node")
    assert found.evidence[0].command.endswith("involvedObject.kind=Pod,involvedObject.name=api-1")


def test_events_about_another_object_say_nothing_of_this_one(tmp_path: Path) -> None:
    assert look(tmp_path, stuck(), event('secret "db-tls" not found', name="api-2")) == look(tmp_path, stuck())


FIELDS = st.sampled_from(["type", "reason", "message", "note", "count", "series", "involvedObject", "lastTimestamp"])
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=20), st.sampled_from(["Warning", "2026-01-05T09:00:00Z", {"count": 2}]))


@given(st.dictionaries(FIELDS, VALUES))
def test_no_event_however_odd_stops_anything(given_event: dict[str, Any]) -> None:
    read = read_event(json.dumps(given_event).encode())
    assert len(fold([read] if read else [])) <= 1
