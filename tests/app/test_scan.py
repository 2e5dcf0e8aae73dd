"""One pass over a whole cluster over HTTPS: what it says, what it says when it may not look, and that a dump of it says the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.app.report import Report
from stead.app.scan import Wanted, scan
from stead.clocks import SteppedClock
from stead.domain.errors import Exit, UserError
from stead.domain.finding import FindingState, Severity
from stead.estate.kubernetes.kinds import KINDS
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image


class Town:
    """A practice cluster with three nodes, and a clock that moves when it rests."""

    def __init__(self, cluster: PracticeCluster, clock: SteppedClock) -> None:
        self.cluster, self.clock = cluster, clock

    async def pass_time(self, **time: float) -> None:
        until = self.clock.now() + timedelta(**time)
        await self.cluster.settle()
        while (due := self.clock.next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            await self.cluster.settle()
        self.clock.advance_to(until)
        await self.cluster.settle()

    async def look(self, monkeypatch: pytest.MonkeyPatch, user: str = "admin", **wanted: Any) -> Report:
        monkeypatch.setenv("KUBECONFIG", str(self.cluster.kubeconfig(user)))
        return Report.of(await scan(Wanted(**wanted), self.clock))

    def dump(self, path: Path) -> str:
        """What `kubectl get … -A -o json` would write: of each kind that the cluster serves."""
        items: list[dict[str, Any]] = []
        for kind in KINDS:
            with suppress(KeyError):
                items += self.cluster.list(kind.resource)
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        return str(path)


@pytest.fixture
async def town(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Town]:
    cluster = PracticeCluster(clock, seed=1)
    await cluster.start(tmp_path)
    for number in (1, 2, 3):
        cluster.add_node(f"node-{number}")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}})
    yield Town(cluster, clock)
    await cluster.stop()
    assert cluster.faults == []


def deployment(name: str, replicas: int, **container: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": f"example.com/{name}:1", **container}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}


def service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}


async def test_a_cluster_that_has_come_up_is_green(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.cluster.apply(deployment("web", 6), service("web"))
    await town.pass_time(minutes=10)
    report = await town.look(monkeypatch)
    assert [f.summary for f in (*report.scan.findings, *report.scan.blind)] == []
    assert report.exit_code(Severity.WARNING) == Exit.DONE
    assert (report.scan.counts["Pod"], report.scan.counts["Node"]) == (6, 3)
    assert report.scan.requests > 0


async def test_a_dead_node_and_a_missing_key_are_two_incidents_and_a_dump_says_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    town.cluster.image("example.com/api:1", Image(needs_env=("MODE",)))
    env = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "MODE", "optional": True}}}]
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "payments"}, "data": {"OTHER": "x"}}
    town.cluster.apply(settings, deployment("api", 1, env=env), deployment("web", 30), service("web"), service("api"))
    await town.pass_time(minutes=10)
    (api,) = [pod for pod in town.cluster.list("Pod", "payments") if pod["metadata"]["labels"]["app"] == "api"]
    town.cluster.fail_node(next(f"node-{n}" for n in (1, 2, 3) if f"node-{n}" != api["spec"]["nodeName"]))
    await town.pass_time(minutes=20)

    live = await town.look(monkeypatch)
    causes = {(one.cause.check, one.cause.reason) for one in live.groups}
    assert causes == {("node_not_ready", "NotReady"), ("container_crash", "ConfigKeyMissing")}
    dumped = Report.of(await scan(Wanted(source=town.dump(tmp_path / "dump.json"), now=town.clock.now()), town.clock))
    firing = [{f.fingerprint for f in one.scan.findings if f.state is FindingState.FIRING} for one in (live, dumped)]
    assert firing[0] == firing[1]
    assert [one.cause.fingerprint for one in live.groups] == [one.cause.fingerprint for one in dumped.groups]


async def test_a_sick_custom_resource_is_found_in_a_cluster_and_in_a_dump_of_it(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    definition = {"group": "shop.example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    api = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.shop.example.com"}}
    town.cluster.apply({**api, "spec": definition})
    for name, status in (("well", "True"), ("sick", "False")):
        town.cluster.apply({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": name, "namespace": "payments"}})
        at = town.clock.now().isoformat()
        said = {"conditions": [{"type": "Ready", "status": status, "reason": "ConnectFailed", "lastTransitionTime": at}]}
        town.cluster.edit("Widget", "payments", name, lambda obj, said=said: obj.update(status=said), subresource="status")
    await town.pass_time(minutes=30)

    live = await town.look(monkeypatch)
    assert [f.summary for f in live.scan.findings] == ["Widget payments/sick is not ready (ConnectFailed)"]
    assert live.exit_code(Severity.WARNING) == Exit.NEGATIVE
    file = tmp_path / "widgets.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": town.cluster.list("widgets.shop.example.com")}))
    dumped = Report.of(await scan(Wanted(source=str(file), now=town.clock.now()), town.clock))
    assert [f.fingerprint for f in dumped.scan.findings] == [f.fingerprint for f in live.scan.findings]


async def test_what_may_not_be_seen_is_blind(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.cluster.user("narrow", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
    await town.pass_time(minutes=10)
    report = await town.look(monkeypatch, "narrow")
    assert {f.subject.name for f in report.scan.blind} >= {"nodes", "deployments.apps"}
    assert report.exit_code(Severity.CRITICAL) == Exit.BLIND


async def test_what_is_to_be_pasted_names_the_context_that_was_asked_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.cluster.user("narrow", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
    for context, starts in (("practice", "kubectl --context practice get "), ("", "kubectl get ")):
        report = await town.look(monkeypatch, "narrow", context=context)
        assert all(one.command.startswith(starts) for blind in report.scan.blind for one in blind.evidence)


async def test_a_namespace_that_is_not_there_is_said_rather_than_found_healthy(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.pass_time(minutes=1)
    with pytest.raises(UserError, match="there is no namespace `paymnets`") as error:
        await town.look(monkeypatch, namespace="paymnets")
    assert error.value.hint == "did you mean `payments`?"
    assert (await town.look(monkeypatch, namespace="payments")).scan.blind == ()


async def test_a_context_that_is_not_there_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="nope"):
        await town.look(monkeypatch, context="nope")
