"""The estate on a whole cluster over HTTPS: what a person's cluster does to it, and what it sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.checks.kubernetes.container_crash import container_crash
from stead.checks.kubernetes.node_not_ready import node_not_ready
from stead.checks.kubernetes.pod_pending import pod_pending
from stead.clocks import SteppedClock
from stead.domain.errors import ConflictError, PermanentError
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.ports import Seen
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image

CHECKS = [container_crash, node_not_ready, pod_pending]
READ_ALL = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]


class Night:
    """A practice cluster, an estate that watches it, and a clock that moves when both rest."""

    def __init__(self, cluster: PracticeCluster, clock: SteppedClock) -> None:
        self.cluster, self.clock = cluster, clock
        self.estate: KubernetesEstate = None  # type: ignore[assignment]
        self.heard: list[Sightings] = []
        self._listening: asyncio.Task[None] | None = None

    def connect(self, user: str = "admin") -> Any:
        return connect(self.clock, kubeconfig=str(self.cluster.kubeconfig(user)), environ={})

    async def watch(self, user: str = "admin", *, connection: Any = None, **options: Any) -> None:
        self.estate = KubernetesEstate("home", connection or self.connect(user), CHECKS, self.clock, **options)
        self._listening = asyncio.create_task(self._listen())
        await self.settle()

    async def settle(self) -> None:
        """Until both have done all that can be done at this moment."""
        quiet = 0
        while quiet < 2:
            for _ in range(20):
                await asyncio.sleep(0)
            assert self._listening is not None
            assert not self._listening.done()
            quiet = quiet + 1 if self.cluster.quiescent and await self.estate.caught_up() else 0

    async def pass_time(self, **time: float) -> None:
        until = self.clock.now() + timedelta(**time)
        while True:
            await self.settle()
            due = self.clock.next_due()
            if due is None or due > until:
                break
            self.clock.advance_to(due)
        self.clock.advance_to(until)
        await self.settle()

    @property
    def now(self) -> dict[str, Finding]:
        """What somebody who heard everything holds for true: findings by fingerprint."""
        held: dict[str, Finding] = {}
        for one in self.heard:
            held = {} if one.complete else {key: f for key, f in held.items() if key not in one.gone}
            held |= {f.fingerprint: f for f in one.seen}
        return held

    def firing(self) -> set[tuple[str, str]]:
        return {(f.check, f.reason) for f in self.now.values() if f.state is FindingState.FIRING}

    def blind(self) -> set[tuple[str, str]]:
        return {(f.subject.name, f.reason) for f in self.now.values() if f.state is FindingState.BLIND}

    async def end(self) -> None:
        if self.estate is not None:
            await self.estate.close()
        if self._listening is not None:
            await self._listening
        await self.cluster.stop()
        assert self.cluster.faults == []

    async def _listen(self) -> None:
        async for one in self.estate.sightings():
            self.heard.append(one)


@pytest.fixture
async def night(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Night]:
    cluster = PracticeCluster(clock, seed=1)
    await cluster.start(tmp_path)
    for n in (1, 2):
        cluster.add_node(f"node-{n}")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}})
    await cluster.settle()
    story = Night(cluster, clock)
    yield story
    await story.end()


def deployment(name: str = "api", image: str = "example.com/api:1", replicas: int = 1) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "api", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}


def crashes(night: Night) -> None:
    night.cluster.image("example.com/api:1", Image(exit_code=1, exit_logs=("panic: no database",)))
    night.cluster.apply(deployment())


async def test_a_crash_is_seen_with_its_last_words_and_proven_gone_afterwards(night: Night) -> None:
    crashes(night)
    await night.watch()
    await night.pass_time(minutes=5)
    (crash,) = [f for f in night.now.values() if f.check == "container_crash" and f.state is FindingState.FIRING]
    assert any("panic: no database" in e.value and e.tainted for e in crash.evidence)
    top = crash.top
    assert top is not None
    assert (await night.estate.observe(crash.check, crash.fingerprint, top)).seen is Seen.FIRING

    night.cluster.image("example.com/api:1", Image())
    await night.pass_time(minutes=30)
    assert crash.fingerprint not in night.now
    found = await night.estate.observe(crash.check, crash.fingerprint, top)
    assert (found.seen, found.present) == (Seen.QUIET, True)


async def test_a_pod_that_waits_for_a_secret_says_which(night: Night) -> None:
    waits = deployment(image="example.com/web:1")
    waits["spec"]["template"]["spec"]["volumes"] = [{"name": "tls", "secret": {"secretName": "api-tls"}}]
    night.cluster.apply(waits)
    await night.watch()
    await night.pass_time(minutes=15)
    (stuck,) = [f for f in night.now.values() if f.check == "pod_pending" and f.state is FindingState.FIRING]
    assert stuck.summary.endswith("cannot start: Secret `api-tls` does not exist")
    assert stuck.depends_on[0].path == "payments/api-tls"
    (seen,) = [e for e in stuck.evidence if e.what == "events"]
    assert 'secret "api-tls" not found' in seen.value
    (scanned,) = [f for f in (await night.estate.scan()).findings if f.check == "pod_pending"]
    assert (scanned.fingerprint, scanned.summary) == (stuck.fingerprint, stuck.summary)


async def test_without_a_history_the_cluster_itself_tells_what_was_rolled_out(night: Night) -> None:
    night.cluster.image("example.com/api:2", Image(exit_code=1))
    night.cluster.apply(deployment())
    await night.watch()
    await night.pass_time(minutes=30)
    night.cluster.apply(deployment(image="example.com/api:2"))
    await night.pass_time(minutes=5)
    (crash,) = [f for f in night.now.values() if f.check == "container_crash" and f.state is FindingState.FIRING]
    (scanned,) = [f for f in (await night.estate.scan()).findings if f.check == "container_crash"]
    for finding in (crash, scanned):
        (change,) = finding.changes
        assert (change.revision, change.what) == ("revision 2", "containers[api].image: example.com/api:1 → example.com/api:2")
        assert finding.since is not None
        assert timedelta() <= finding.since - change.at < timedelta(minutes=5)


async def test_what_the_watch_says_is_what_a_scan_says(night: Night) -> None:
    crashes(night)
    night.cluster.apply(deployment("web", "example.com/web:1", replicas=3))
    await night.watch()
    await night.pass_time(minutes=4)
    night.cluster.fail_node("node-1")
    await night.pass_time(minutes=4)
    scan = await night.estate.scan()
    assert {f.fingerprint for f in scan.findings} == {f.fingerprint for f in night.now.values()}
    assert ("node_not_ready", "NotReady") in {(f.check, f.reason) for f in scan.findings}
    assert scan.counts["Node"] == 2


async def test_rights_that_are_missing_are_blind_until_they_are_given(night: Night) -> None:
    names = ["pods", "pods/log", "configmaps", "deployments", "replicasets", "jobs", "persistentvolumeclaims"]
    some = [{"apiGroups": ["", "apps", "batch"], "resources": names, "verbs": ["get", "list", "watch"]}]
    night.cluster.user("narrow", some)
    crashes(night)
    await night.watch("narrow")
    await night.pass_time(minutes=5)
    assert ("nodes", "Forbidden") in night.blind()
    assert {check for check, _ in night.firing()} == {"container_crash"}
    assert "node_not_ready" in night.heard[-1].blind_checks

    night.cluster.user("wide", READ_ALL)
    binding = {"kind": "ClusterRoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "more"}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"kind": "User", "name": "narrow", "apiGroup": "rbac.authorization.k8s.io"}]
    night.cluster.apply({**binding, "roleRef": role, "subjects": subjects})
    await night.pass_time(minutes=2)
    assert night.blind() == set()


async def test_an_identity_without_any_rights_is_one_blind_finding(night: Night) -> None:
    """One cause, one message: not one for each kind that it may not read."""
    night.cluster.user("nobody", [])
    await night.watch("nobody")
    seen = [finding for sightings in night.heard for finding in sightings.seen]
    scanned = (await night.estate.scan()).blind

    assert [f.state for f in seen] == [FindingState.BLIND]
    assert [f.fingerprint for f in scanned] == [f.fingerprint for f in seen]
    assert "may read none of the" in seen[0].summary


async def test_a_token_that_is_not_taken_is_one_blind_finding_until_its_file_is_renewed(night: Night, tmp_path: Path) -> None:
    night.cluster.user("reader", READ_ALL)
    config = json.loads(night.cluster.kubeconfig("reader").read_text())
    config["users"][0]["user"] = {"tokenFile": "token"}
    night.cluster.kubeconfig("reader").write_text(json.dumps(config))
    (tmp_path / "token").write_text(night.cluster.token("reader"))
    night.cluster.expire_token("reader")
    crashes(night)
    await night.watch(connection=connect(night.clock, kubeconfig=str(tmp_path / "reader.kubeconfig"), environ={}))
    await night.pass_time(minutes=5)
    assert night.blind() == {("kubernetes-api", "Unauthorized")}
    assert night.heard[-1].blind_checks == {check.name for check in CHECKS}
    assert night.firing() == set()
    (tmp_path / "token").write_text(night.cluster.token("reader"))
    await night.pass_time(minutes=1)
    assert night.blind() == set()
    assert {check for check, _ in night.firing()} == {"container_crash"}


async def test_hands_delete_exactly_the_pod_that_was_meant(night: Night) -> None:
    night.cluster.apply(deployment(image="example.com/web:1"))
    await night.watch(write_connection=night.connect())
    await night.pass_time(minutes=1)
    (pod,) = night.cluster.list("Pod", "payments")
    meta = pod["metadata"]
    subject = Subject(estate="home", api_version="v1", kind="Pod", namespace="payments", name=meta["name"], uid=meta["uid"])
    hands = night.estate.hands()
    with pytest.raises(ConflictError):
        await hands.delete(subject, uid="another", grace_seconds=0, action="1.1.1.1")
    await hands.delete(subject, uid=meta["uid"], grace_seconds=0, action="1.1.1.1")
    await night.pass_time(minutes=1)
    with pytest.raises(ConflictError):
        await hands.delete(subject, uid=meta["uid"], grace_seconds=0, action="1.1.1.1")
    found = await night.estate.observe("container_crash", "f", subject)
    assert (found.seen, found.present) == (Seen.ABSENT, False)


async def test_hands_patch_only_the_version_that_was_seen(night: Night) -> None:
    night.cluster.user("reader", READ_ALL)
    night.cluster.apply(deployment(image="example.com/web:1"))
    await night.watch(write_connection=night.connect("admin"))
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
    live = await night.estate.read(subject)
    assert live is not None
    body = {"metadata": {"resourceVersion": live["metadata"]["resourceVersion"]}, "spec": {"replicas": 2}}
    hands = night.estate.hands()
    changed = await hands.patch(subject, body, action="1.1.1.1")
    assert changed["spec"]["replicas"] == 2
    with pytest.raises(ConflictError):
        await hands.patch(subject, body, action="1.1.1.1")
    assert [f["manager"] for f in changed["metadata"]["managedFields"]].count("stead") == 1
    reader = KubernetesEstate("home", night.connect(), [], night.clock, write_connection=night.connect("reader"))
    with pytest.raises(PermanentError, match="403"):
        await reader.hands().patch(subject, {"spec": {"replicas": 3}}, action="1.1.1.1")
    await reader.close()
