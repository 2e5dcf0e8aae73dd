"""What a model sees of a cluster: by every name of a kind, compactly, and never a Secret's value."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.practice import house
from stead.practice.cluster import PracticeCluster
from stead.tools.kubernetes import kubernetes


class Desk:
    """A homelab with a broken configuration, and the tools on it as a model calls them."""

    def __init__(self, cluster: PracticeCluster, clock: SteppedClock) -> None:
        self.cluster, self.clock = cluster, clock
        self.estates: list[KubernetesEstate] = []

    async def __call__(self, tool: str, user: str = "admin", **arguments: Any) -> Seen:
        estate = KubernetesEstate("home", connect(self.clock, kubeconfig=str(self.cluster.kubeconfig(user)), environ={}), (), self.clock)
        self.estates.append(estate)
        toolbox = Toolbox.of(estate, [kubernetes], redact, "n", 12_000)
        return await toolbox.look(ToolCall(id="c", tool=tool, arguments=json.dumps(arguments)), "E1", {})

    async def let_pass(self, minutes: int) -> None:
        end = self.clock.now() + timedelta(minutes=minutes)
        await self.cluster.settle()
        while (due := self.cluster.next_due()) is not None and due <= end:
            self.clock.advance_to(max(due, self.clock.now()))
            await self.cluster.settle()
        self.clock.advance_to(end)
        await self.cluster.settle()


@pytest.fixture
async def desk(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Desk]:
    cluster = PracticeCluster(clock, seed=1, orphan_gc=False)
    await cluster.start(tmp_path / "cluster")
    await house.furnish(cluster)
    house.break_configuration(cluster)
    made = Desk(cluster, clock)
    await made.let_pass(5)
    yield made
    for estate in made.estates:
        await estate.close()
    await cluster.stop()


@pytest.mark.parametrize("kind", ["pods", "Pod", "po", "pod"])
async def test_a_kind_has_many_names(desk: Desk, kind: str) -> None:
    seen = await desk("k8s_list", kind=kind, namespace="payments")
    head, *rows = seen.text.splitlines()
    assert head.split()[:4] == ["NAME", "READY", "STATUS", "RESTARTS"]
    assert len(rows) == 2 and all(row.startswith("api-") for row in rows)
    assert (seen.command, seen.tainted, seen.failed) == ("kubectl get pods -n payments", False, False)


async def test_all_namespaces_and_labels(desk: Desk) -> None:
    everywhere = await desk("k8s_list", kind="deploy")
    assert everywhere.text.splitlines()[0].split()[:2] == ["NAMESPACE", "NAME"]
    assert "payments" in everywhere.text and "shop" in everywhere.text
    one = await desk("k8s_list", kind="pods", labels="app=library")
    assert one.text.count("library-") == 2 and one.command.endswith("-A -l app=library")


async def test_an_object_is_compact_and_says_what_happened_to_it(desk: Desk) -> None:
    pod = next(p["metadata"]["name"] for p in desk.cluster.list("Pod", "payments"))
    whole = await desk("k8s_get", kind="pod", namespace="payments", name=pod)
    told = await desk("k8s_describe", kind="pod", namespace="payments", name=pod)
    assert "resourceVersion" not in whole.text and "managedFields" not in whole.text
    assert "exitCode: 1" in whole.text and whole.tainted
    assert "BackOff" in told.text and "events:" in told.text
    assert len(whole.text) < len(json.dumps(desk.cluster.get("Pod", "payments", pod)))
    assert whole.command == f"kubectl get pods -n payments {pod} -o yaml"


async def test_a_log_is_found_by_how_a_pods_name_begins(desk: Desk) -> None:
    seen = await desk("k8s_logs", namespace="payments", pod="api", previous=True)
    assert "DATABASE_URL" in seen.text and seen.tainted
    assert seen.command.startswith("kubectl logs -n payments api-") and "--previous" in seen.command
    gone = await desk("k8s_logs", namespace="payments", pod="web")
    assert gone.failed and "there is no pod payments/web; there are: api-" in gone.text


async def test_events_are_told_and_counted(desk: Desk) -> None:
    seen = await desk("k8s_events", namespace="payments")
    assert seen.tainted and "Back-off restarting failed container" in seen.text and "(x" in seen.text
    assert (await desk("k8s_events", namespace="payments", name="nobody")).text == "no events"


async def test_use_of_pods_and_nodes(desk: Desk) -> None:
    assert "library-" in (await desk("k8s_top", kind="pods", namespace="media")).text
    assert "node-1" in (await desk("k8s_top", kind="node")).text
    assert (await desk("k8s_top", kind="services")).text == "error: `kind` is pods or nodes"


async def test_a_secret_shows_its_keys_and_no_value(desk: Desk) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"password":"correct-horse"}}'}
    desk.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "payments", "annotations": applied},
            "data": {"password": "Y29ycmVjdC1ob3JzZQ=="},
        }
    )
    for tool in ("k8s_get", "k8s_describe"):
        seen = await desk(tool, kind="secret", namespace="payments", name="db")
        assert "password" in seen.text and not seen.failed
        assert "Y29ycmVjdC1ob3JzZQ" not in seen.text and "correct-horse" not in seen.text
    assert "correct-horse" not in (await desk("k8s_list", kind="secrets", namespace="payments")).text


async def test_what_may_not_be_read_is_refused_in_the_servers_words(desk: Desk) -> None:
    refused = await desk("k8s_list", user=house.READER, kind="secrets", namespace="payments")
    assert refused.failed and "403" in refused.text and "forbidden" in refused.text
    assert "may not get secrets" in (await desk("k8s_can_i", user=house.READER, verb="get", kind="secret", namespace="payments")).text
    assert "may list pods" in (await desk("k8s_can_i", user=house.READER, verb="list", kind="pods")).text


async def test_it_cannot_write(desk: Desk) -> None:
    before = len(desk.cluster.requests)
    for tool, arguments in [
        ("k8s_list", {"kind": "pods"}),
        ("k8s_get", {"kind": "deploy", "namespace": "payments", "name": "api"}),
        ("k8s_can_i", {"verb": "delete", "kind": "pods"}),
    ]:
        await desk(tool, **arguments)
    verbs = {(request.verb, request.path.rpartition("/")[2]) for request in list(desk.cluster.requests)[before:]}
    assert {verb for verb, what in verbs if what != "selfsubjectaccessreviews"} <= {"get", "list"}
