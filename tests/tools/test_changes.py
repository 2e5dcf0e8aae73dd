"""What changed near an object, as a model reads it: field by field, by whose hand, and no value that is nobody's business."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.app.discover import shelves
from stead.clocks import SteppedClock
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.estate.history.book import Book
from stead.estate.history.kept import Keeper
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.practice.cluster import PracticeCluster
from stead.testing.bare_cluster import BareCluster
from stead.tools.changes import changes


def config(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "payments"}, "data": data}


def api(image: str) -> dict[str, Any]:
    container = {"name": "api", "image": image, "envFrom": [{"configMapRef": {"name": "settings"}}]}
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "api"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payments"}, "spec": spec}


class Desk:
    """A cluster that is watched, with a history."""

    def __init__(self, cluster: PracticeCluster, estate: KubernetesEstate) -> None:
        self.cluster, self.estate = cluster, estate

    async def apply(self, *objs: dict[str, Any]) -> None:
        self.cluster.apply(*objs)
        await self.settle()

    async def settle(self) -> None:
        await self.cluster.settle()
        while not await self.estate.caught_up():
            await asyncio.sleep(0)

    async def __call__(self, **arguments: Any) -> Seen:
        return await look(self.estate, **arguments)


@pytest.fixture
async def desk(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Desk]:
    cluster = PracticeCluster(clock, seed=1)
    await cluster.start(tmp_path)
    cluster.add_node("node-1")
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}}, config(mode="fast"), api("api:2"))
    estate = KubernetesEstate("home", connect(clock, kubeconfig=str(cluster.kubeconfig()), environ={}), shelves().checks.values(), clock)
    book = Book(None)
    estate.remember(book, Keeper(b"k" * 32))

    async def watch() -> None:
        async for _ in estate.sightings():
            pass

    watching = asyncio.create_task(watch())
    made = Desk(cluster, estate)
    await made.settle()
    yield made
    await estate.close()
    await watching
    book.close()
    await cluster.stop()


async def look(estate: KubernetesEstate, **arguments: Any) -> Seen:
    call = ToolCall(id="c", tool="changes", arguments=json.dumps(arguments))
    return await Toolbox.of(estate, [changes], redact, "n", 12_000).look(call, "E1", {})


async def test_a_release_is_told_field_by_field(desk: Desk) -> None:
    await desk.apply(api("api:3"))
    seen = await desk(kind="deploy", namespace="payments", name="api")
    assert "Revision 2 of Deployment payments/api" in seen.text
    assert "\n  spec.template.spec.containers[api].image: api:2 → api:3" in seen.text
    assert seen.tainted and seen.command == "stead changes --since 6h deploy payments/api"


async def test_near_a_pod_is_what_it_was_made_from_and_what_it_reads(desk: Desk) -> None:
    await desk.apply(api("api:3"), config(mode="slow"), config("others", mode="x"))
    await desk.apply(config("others", mode="y"))
    (pod, *_) = [p["metadata"]["name"] for p in desk.cluster.list("Pod", "payments")]
    seen = await desk(kind="Pod", namespace="payments", name=pod)
    assert "ConfigMap payments/settings" in seen.text and "Deployment payments/api" in seen.text and "others" not in seen.text
    assert "slow" not in seen.text, "values of a ConfigMap are kept by nobody"


async def test_a_quiet_time_is_told_as_such(desk: Desk, clock: SteppedClock) -> None:
    await desk.apply(api("api:3"))
    assert "api:3" in (await desk(namespace="payments")).text
    clock.advance_to(clock.now() + timedelta(hours=2))
    assert (await desk(namespace="payments", hours=1)).text == "nothing near payments changed in the last 1 h"
    assert "api:3" in (await desk(namespace="payments", hours=3)).text


async def test_half_an_object_is_refused(desk: Desk) -> None:
    seen = await desk(kind="Pod", namespace="payments")
    assert seen.failed and "`kind` and `name` go together" in seen.text


async def test_where_no_history_is_kept_it_says_so(tmp_path: Path, clock: SteppedClock) -> None:
    async with BareCluster(tmp_path, clock) as cluster:
        seen = await look(cluster.estate())
    assert seen.failed and "no history is kept" in seen.text
