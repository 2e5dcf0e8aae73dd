"""The official Python client and kr8s believe the cluster: what they read back is what was meant, valid by the official models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import kr8s.asyncio
import kubernetes
import pytest
from kr8s.asyncio.objects import ConfigMap, Deployment, Pod


@pytest.fixture
def official(stage) -> Any:
    """The official client, made for this cluster; its calls block, so they run beside the event loop that serves them."""
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(stage.cluster.kubeconfig()), client_configuration=configuration)
    client = kubernetes.client.ApiClient(configuration)
    yield client
    client.rest_client.pool_manager.clear()


async def beside(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    return await asyncio.to_thread(call, *given, **named)


async def test_the_official_models_accept_every_object(stage, official, make_deployment, make_pod):
    """The models refuse what lacks a required field or has a value of a wrong type."""
    await stage.apply(make_deployment(replicas=2), make_pod("big", resources={"requests": {"cpu": "100"}}), seconds=30)
    core, apps = kubernetes.client.CoreV1Api(official), kubernetes.client.AppsV1Api(official)
    pods = (await beside(core.list_namespaced_pod, "payments", label_selector="app=api")).items
    assert [(pod.status.phase, pod.status.container_statuses[0].ready) for pod in pods] == [("Running", True)] * 2
    assert pods[0].metadata.creation_timestamp == stage.clock.now().replace(minute=0, second=0)
    deployment = await beside(apps.read_namespaced_deployment_status, "api", "payments")
    assert deployment.status.available_replicas == 2
    nodes = (await beside(core.list_node)).items
    assert [node.status.node_info.kubelet_version for node in nodes] == ["v1.36.2"] * 3
    events = (await beside(core.list_namespaced_event, "payments")).items
    assert {"FailedScheduling", "Scheduled", "Started"} <= {event.reason for event in events}
    reads = (core.list_namespace, core.list_service_account_for_all_namespaces, core.list_config_map_for_all_namespaces,
             core.list_service_for_all_namespaces, apps.list_replica_set_for_all_namespaces,
             kubernetes.client.CoordinationV1Api(official).list_lease_for_all_namespaces,
             kubernetes.client.RbacAuthorizationV1Api(official).list_cluster_role)  # fmt: skip
    for read in reads:
        assert (await beside(read)).items, read.__name__


async def test_the_official_client_writes_patches_and_hears_no(stage, official, make_deployment):
    core, apps = kubernetes.client.CoreV1Api(official), kubernetes.client.AppsV1Api(official)
    body = kubernetes.client.V1ConfigMap(metadata=kubernetes.client.V1ObjectMeta(name="one"), data={"k": "v"})
    assert (await beside(core.create_namespaced_config_map, "payments", body)).metadata.uid
    with pytest.raises(kubernetes.client.ApiException) as refused:
        await beside(core.create_namespaced_config_map, "payments", body)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")
    assert 'configmaps \\"one\\" already exists' in refused.value.body
    patched = await beside(core.patch_namespaced_config_map, "one", "payments", {"data": {"k": "w"}})
    assert patched.data == {"k": "w"}
    await stage.apply(make_deployment(), seconds=10)
    await beside(apps.patch_namespaced_deployment_scale, "api", "payments", {"spec": {"replicas": 1}})
    await stage.wait(30)
    [pod] = (await beside(core.list_namespaced_pod, "payments", label_selector="app=api")).items
    assert await beside(core.read_namespaced_pod_log, pod.metadata.name, "payments", tail_lines=1) == "listening on :8080\n"
    review = kubernetes.client.V1SelfSubjectAccessReview(spec={"resourceAttributes": {"verb": "delete", "resource": "pods"}})
    access = kubernetes.client.AuthorizationV1Api(official)
    assert (await beside(access.create_self_subject_access_review, review)).status.allowed is True
    usage = await beside(kubernetes.client.CustomObjectsApi(official).list_cluster_custom_object, "metrics.k8s.io", "v1beta1", "nodes")
    assert [node["metadata"]["name"] for node in usage["items"]] == ["node-1", "node-2", "node-3"]
    await beside(core.delete_namespaced_config_map, "one", "payments")
    with pytest.raises(kubernetes.client.ApiException, match="404"):
        await beside(core.read_namespaced_config_map, "one", "payments")


async def test_the_official_client_watches(stage, official):
    core = kubernetes.client.CoreV1Api(official)
    begun = (await beside(core.list_namespaced_config_map, "payments")).metadata.resource_version

    def watch() -> list[tuple[str, str]]:
        watcher, seen = kubernetes.watch.Watch(), []
        for event in watcher.stream(core.list_namespaced_config_map, "payments", resource_version=begun, timeout_seconds=30):
            seen.append((event["type"], event["object"].metadata.name))
            if event["type"] == "DELETED":
                watcher.stop()
        return seen

    watching = asyncio.create_task(asyncio.to_thread(watch))
    stage.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "payments"}})
    stage.cluster.delete("ConfigMap", "payments", "a")
    assert await watching == [("ADDED", "a"), ("DELETED", "a")]


@pytest.mark.filterwarnings("ignore:Kubernetes version v1.36.2 is not supported")  # it knows versions up to 1.35 so far
async def test_kr8s_reads_scales_patches_and_deletes(stage, make_deployment):
    await stage.apply(make_deployment(replicas=2), seconds=30)
    api = await kr8s.asyncio.api(kubeconfig=str(stage.cluster.kubeconfig()), namespace="payments")
    assert (await api.version())["gitVersion"] == "v1.36.2"
    pods = [pod async for pod in api.get("pods", label_selector={"app": "api"})]
    assert [pod.status.phase for pod in pods] == ["Running"] * 2
    assert await pods[0].ready()
    assert [line async for line in pods[0].logs(tail_lines=1)] == ["listening on :8080"]
    deployment = await Deployment.get("api", api=api)
    await deployment.scale(1)
    await stage.wait(40)
    await deployment.refresh()
    assert deployment.raw["status"]["readyReplicas"] == 1
    config = await ConfigMap({"metadata": {"name": "one", "namespace": "payments"}, "data": {"k": "v"}}, api=api)
    await config.create()
    await config.patch({"data": {"k": "w"}})
    assert stage.cluster.get("ConfigMap", "payments", "one")["data"] == {"k": "w"}
    await config.delete()
    assert not await config.exists()
    with pytest.raises(kr8s.NotFoundError):
        await Pod.get("nope", api=api)
