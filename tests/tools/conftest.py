"""A cluster with the kinds of Argo CD and Flux, and tools as a model calls them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.estate.kubernetes.test_custom_kinds import definition

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.ports import Estate
from stead.practice.cluster import PracticeCluster


async def look(estate: Estate, toolset: Toolset, tool: str, **arguments: Any) -> Seen:
    """A call as a model makes it: what it is shown of it is `text`."""
    call = ToolCall(id="c", tool=tool, arguments=json.dumps(arguments))
    return await Toolbox.of(estate, [toolset], redact, "n", 12_000).look(call, "E1", {})


class Cluster:
    """A practice cluster, the estate on it, and changes made by other hands."""

    def __init__(self, practice: PracticeCluster, clock: SteppedClock) -> None:
        self.practice, self.clock = practice, clock
        self.estate = self.seen_by("admin")
        self._more: list[KubernetesEstate] = []

    def seen_by(self, user: str) -> KubernetesEstate:
        connection = connect(self.clock, kubeconfig=str(self.practice.kubeconfig(user)), environ={})
        return KubernetesEstate("home", connection, (), self.clock)

    def user(self, name: str, *rules: dict[str, Any]) -> KubernetesEstate:
        self.practice.user(name, rules)
        self._more.append(self.seen_by(name))
        return self._more[-1]

    def put(self, *objs: dict[str, Any]) -> None:
        """Make the objects, with the status that they bring."""
        for obj in objs:
            status = obj.pop("status", None)
            self.practice.apply(obj)
            if status is not None:
                place = (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
                self.practice.edit(*place, partial(_set_status, status), subresource="status")

    async def apply_as(self, manager: str, path: str, obj: dict[str, Any]) -> None:
        """Server-side apply by this field manager."""
        headers = {"Authorization": f"Bearer {self.practice.token()}", "Content-Type": "application/apply-patch+yaml"}
        url = f"{self.practice.url}{path}?fieldManager={manager}&force=true"
        async with aiohttp.ClientSession(headers=headers) as session, session.patch(url, json=obj, ssl=False) as answer:
            assert answer.status in (200, 201), await answer.text()

    async def close(self) -> None:
        for estate in (self.estate, *self._more):
            await estate.close()
        await self.practice.stop()


def _set_status(status: dict[str, Any], obj: dict[str, Any]) -> None:
    obj["status"] = status


@pytest.fixture
async def cluster(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Cluster]:
    practice = PracticeCluster(clock, seed=1)
    await practice.start(tmp_path / "cluster")
    practice.apply(
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("argocd", "flux-system", "payments"))
    )
    practice.apply(definition("Application", "argoproj.io", ("v1alpha1",)))
    for kind, group, version in (
        ("Kustomization", "kustomize", "v1"),
        ("HelmRelease", "helm", "v2"),
        ("GitRepository", "source", "v1"),
    ):
        practice.apply(definition(kind, f"{group}.toolkit.fluxcd.io", (version,)))
    await practice.settle()
    made = Cluster(practice, clock)
    yield made
    await made.close()


def deployment(image: str = "api:1", replicas: int = 1, **metadata: Any) -> dict[str, Any]:
    container = {"name": "api", "image": image, "env": [{"name": "DB_PASSWORD", "value": "hunter2secret"}]}
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "api"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payments", **metadata}, "spec": spec}
