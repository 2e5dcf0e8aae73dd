"""lightkube, a typed client that many operators use, believes the cluster: what it reads back is what was meant, as its own types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from lightkube import ApiError, AsyncClient, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Event, Namespace, Node, Pod
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.types import CascadeType, PatchType

WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "default": 3}}}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture
async def client(stage) -> AsyncIterator[AsyncClient]:
    config = KubeConfig.from_file(stage.cluster.kubeconfig())
    client = AsyncClient(config=config, namespace="payments", trust_env=False)
    yield client
    await client.close()


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name, namespace="payments", labels={"made": "here"}), data=data)


async def test_objects_come_back_as_its_own_types(stage, client, make_deployment):
    await stage.apply(make_deployment(replicas=2), seconds=30)
    deployment = await client.get(Deployment, "api")
    assert deployment.status.readyReplicas == deployment.spec.replicas == 2
    assert {item.type: item.status for item in deployment.status.conditions} == {"Available": "True", "Progressing": "True"}
    pods = [pod async for pod in client.list(Pod, labels={"app": "api"})]
    assert [pod.status.phase for pod in pods] == ["Running"] * 2
    assert pods[0].metadata.creationTimestamp == stage.clock.now().replace(minute=0, second=0)
    assert pods[0].status.containerStatuses[0].state.running.startedAt > pods[0].metadata.creationTimestamp
    assert pods[0].metadata.ownerReferences[0].kind == "ReplicaSet"
    assert [line async for line in client.log(pods[0].metadata.name)] == ["starting, pid 1\n", "listening on :8080\n"]
    assert [node.metadata.name async for node in client.list(Node)] == ["node-1", "node-2", "node-3"]
    assert {event.reason async for event in client.list(Event)} >= {"Scheduled", "Pulled", "Created", "Started", "ScalingReplicaSet"}
    assert [one.metadata.name async for one in client.list(Namespace, fields={"metadata.name": "payments"})] == ["payments"]


async def test_it_creates_replaces_patches_applies_and_deletes(stage, client):
    made = await client.create(config_map("one", key="v"))
    assert made.metadata.uid
    made.data["key"] = "w"
    replaced = await client.replace(made)
    assert replaced.metadata.resourceVersion > made.metadata.resourceVersion
    with pytest.raises(ApiError) as refused:
        await client.replace(made)
    assert (refused.value.status.code, refused.value.status.reason) == (409, "Conflict")
    assert (await client.patch(ConfigMap, "one", {"data": {"more": "x"}}, patch_type=PatchType.MERGE)).data == {"key": "w", "more": "x"}
    operations = [{"op": "remove", "path": "/data/more"}]
    assert (await client.patch(ConfigMap, "one", operations, patch_type=PatchType.JSON)).data == {"key": "w"}
    assert (await client.apply(config_map("two", a="1"), field_manager="tester")).data == {"a": "1"}
    with pytest.raises(ApiError) as refused:
        await client.apply(config_map("two", a="2"), field_manager="another")
    assert 'conflict with "tester": .data.a' in refused.value.status.message
    assert (await client.apply(config_map("two", a="2"), field_manager="another", force=True)).data == {"a": "2"}
    await client.deletecollection(ConfigMap)
    with pytest.raises(ApiError) as refused:
        await client.get(ConfigMap, "one")
    assert (refused.value.status.code, refused.value.status.reason) == (404, "NotFound")
    assert refused.value.status.message == 'configmaps "one" not found'


async def test_it_scales_and_deletes_with_what_is_below(stage, client, make_deployment):
    await stage.apply(make_deployment(replicas=2), seconds=30)
    scale = await client.get(Deployment.Scale, "api")
    assert (scale.spec.replicas, scale.status.selector) == (2, "app=api")
    scale.spec = ScaleSpec(replicas=4)
    await client.replace(scale)
    await stage.wait(30)
    assert (await client.get(Deployment, "api")).status.availableReplicas == 4
    template = {"spec": {"template": {"metadata": {"annotations": {"at": "now"}}}}}
    await client.patch(Deployment, "api", template)
    assert (await client.get(Deployment, "api")).metadata.generation == 3
    budget = PodDisruptionBudget.from_dict(
        {"metadata": {"name": "api"}, "spec": {"minAvailable": 4, "selector": {"matchLabels": {"app": "api"}}}}
    )
    assert (await client.create(budget)).spec.selector == LabelSelector(matchLabels={"app": "api"})
    await client.delete(Deployment, "api", cascade=CascadeType.FOREGROUND)
    await stage.wait(60)
    assert stage.pods("api") == []


async def test_a_watch_tells_every_change_and_ends_when_the_version_is_gone(stage, client):
    begun = (await client.create(config_map("one", n="0"))).metadata.resourceVersion
    seen: list[tuple[str, str]] = []

    async def watch() -> None:
        async for verb, obj in client.watch(ConfigMap, labels={"made": "here"}, resource_version=begun):
            seen.append((verb, obj.data["n"]))
            if verb == "DELETED":
                return

    await asyncio.gather(watch(), change(client))
    assert seen == [("MODIFIED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]
    stage.cluster.compact()
    with pytest.raises(ApiError) as refused:
        async for _ in client.watch(ConfigMap, resource_version=begun, on_error=stop):
            pass
    assert refused.value.status.code == 410


async def change(client: AsyncClient) -> None:
    for number in "12":
        await client.patch(ConfigMap, "one", {"data": {"n": number}})
    await client.delete(ConfigMap, "one")


def stop(error: Exception, count: int):
    raise error


async def test_custom_resources_are_defaulted_and_pages_follow_one_another(stage, client):
    stage.cluster.apply(WIDGETS)
    widget = create_namespaced_resource("example.com", "v1", "Widget", "widgets")
    for number in range(7):
        await client.create(widget(metadata={"name": f"w-{number}", "namespace": "payments"}, spec={}))
    found = [one async for one in client.list(widget, chunk_size=3)]
    assert [(one.metadata.name, one.spec["size"]) for one in found] == [(f"w-{number}", 3) for number in range(7)]
    with pytest.raises(ApiError) as refused:
        await client.create(widget(metadata={"name": "bad", "namespace": "payments"}, spec={"size": "large"}))
    assert (refused.value.status.code, refused.value.status.reason) == (422, "Invalid")
