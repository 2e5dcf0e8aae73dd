"""kubectl, the real one, believes the cluster."""

from __future__ import annotations

import asyncio

from stead.practice.images import Image


async def test_it_prints_what_people_know(stage, kubectl, make_deployment):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "payments"},
               "spec": {"selector": {"app": "api"}, "ports": [{"port": 80}]}}  # fmt: skip
    await stage.apply(make_deployment(), service, seconds=65)
    nodes = await kubectl.table("get", "nodes")
    assert [(n["NAME"], n["STATUS"], n["VERSION"]) for n in nodes] == [(f"node-{i}", "Ready", "v1.36.2") for i in (1, 2, 3)]
    pods = await kubectl.table("get", "pods", "-n", "payments")
    assert [(p["READY"], p["STATUS"], p["RESTARTS"], p["AGE"]) for p in pods] == [("1/1", "Running", "0", "65s")] * 3
    assert await kubectl.table("get", "deploy", "-n", "payments") == [
        {"NAME": "api", "READY": "3/3", "UP-TO-DATE": "3", "AVAILABLE": "3", "AGE": "65s"}
    ]
    wide = await kubectl("get", "rs,svc,endpointslices,cm,events,ns,jobs,pvc", "-A", "-o", "wide")
    assert "DESIRED   CURRENT   READY   AGE" in wide
    assert "Scaled up replica set api-" in wide
    assert "Successfully assigned payments/api-" in wide


async def test_it_describes_and_reads_logs(stage, kubectl, make_deployment):
    stage.cluster.image("registry.example.com/api:1", Image(exit_code=2, exit_after=1, logs=["hello"], exit_logs=["boom"]))
    await stage.apply(make_deployment(replicas=1), seconds=30)
    pod = stage.pods("api")[0]["metadata"]["name"]
    told = await kubectl("describe", "pod", pod, "-n", "payments")
    for line in (
        "Reason:       CrashLoopBackOff",
        "Exit Code:    2",
        "Back-off restarting failed container api in pod",
        "Successfully assigned",
    ):
        assert line in told, told
    assert "NewReplicaSet" in await kubectl("describe", "deployment", "api", "-n", "payments")
    assert "KubeletReady" in await kubectl("describe", "node", "node-1")
    assert await kubectl("logs", pod, "-n", "payments", "--previous") == "hello\nboom\n"
    assert await kubectl("logs", "deploy/api", "-n", "payments", "--tail=1") == "boom\n"
    assert "CrashLoopBackOff" in await kubectl("get", "pods", "-n", "payments")


async def test_it_rolls_out_restarts_scales_and_undoes(stage, kubectl, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    await kubectl("rollout", "restart", "deployment/api", "-n", "payments")
    await kubectl("set", "image", "deployment/api", "api=registry.example.com/api:2", "-n", "payments")
    await kubectl("scale", "deployment/api", "--replicas=4", "-n", "payments")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(kubectl("rollout", "status", "deployment/api", "-n", "payments", "--timeout=60s"))
        while not waiting.done():
            await stage.wait(1)
            await asyncio.sleep(0.05)
    assert 'deployment "api" successfully rolled out' in waiting.result()
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods("api") if "deletionTimestamp" not in pod["metadata"]} == {
        "registry.example.com/api:2"
    }
    assert [line.split()[0] for line in (await kubectl("rollout", "history", "deploy/api", "-n", "payments")).splitlines()[2:5]] == [
        "1",
        "2",
        "3",
    ]
    await kubectl("rollout", "undo", "deployment/api", "-n", "payments", "--to-revision=1")
    await stage.wait(30)
    now = stage.cluster.get("Deployment", "payments", "api")
    assert now["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "4"
    assert now["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example.com/api:1"
    assert now["status"]["readyReplicas"] == 4


async def test_it_applies_on_either_side_and_deletes(stage, kubectl):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: payments}\ndata: {k: %s}\n"
    assert "configmap/a created" in await kubectl("apply", "-f", "-", stdin=text % "v")
    assert "configmap/a configured" in await kubectl("apply", "-f", "-", stdin=text % "w")
    assert "configmap/a unchanged" in await kubectl("apply", "-f", "-", stdin=text % "w")
    assert "+  k: x" in await kubectl("diff", "-f", "-", stdin=text % "x", code=1)
    assert "serverside-applied" in await kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text % "z")
    assert stage.cluster.get("ConfigMap", "payments", "a")["data"] == {"k": "z"}
    assert "labeled" in await kubectl("label", "configmap", "a", "x=y", "-n", "payments")
    assert 'configmap "a" deleted' in await kubectl("delete", "configmap", "a", "-n", "payments")
    assert 'Error from server (NotFound): configmaps "a" not found' in await kubectl("get", "configmap", "a", "-n", "payments", code=1)


async def test_it_asks_for_rights_cordons_drains_and_waits(stage, kubectl, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    assert (await kubectl("auth", "can-i", "delete", "pods", "-n", "payments")).strip() == "yes"
    assert "*.*" in await kubectl("auth", "can-i", "--list", "-n", "payments")
    assert "condition met" in await kubectl("wait", "deploy/api", "-n", "payments", "--for=condition=Available", "--timeout=5s")
    await kubectl("cordon", "node-2")
    assert (await kubectl.table("get", "nodes"))[1]["STATUS"] == "Ready,SchedulingDisabled"
    async with asyncio.TaskGroup() as group:
        draining = group.create_task(kubectl("drain", "node-2", "--ignore-daemonsets", "--timeout=60s"))
        while not draining.done():
            await stage.wait(1)
            await asyncio.sleep(0.05)
    # kubectl before 1.21 says `evicted`.
    assert {"node/node-2 drained", "node/node-2 evicted"} & set(draining.result().splitlines())
    assert not [pod for pod in stage.pods("api") if pod["spec"].get("nodeName") == "node-2"]
    await kubectl("uncordon", "node-2")
    assert "spec" in stage.cluster.get("Node", "", "node-2")
    assert "unschedulable" not in stage.cluster.get("Node", "", "node-2")["spec"]


async def test_it_finds_every_resource_and_a_custom_one(stage, kubectl):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "certificates.cert-manager.io"},
        "spec": {
            "group": "cert-manager.io",
            "scope": "Namespaced",
            "names": {"kind": "Certificate", "plural": "certificates", "shortNames": ["cert"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
                        {"name": "Secret", "type": "string", "jsonPath": ".spec.secretName"},
                        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                    ],
                }
            ],
        },
    }
    certificate = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "web", "namespace": "payments"},
        "spec": {"secretName": "web-tls", "dnsNames": ["example.com"]},
        "status": {"conditions": [{"type": "Ready", "status": "False"}], "notAfter": "2026-02-01T00:00:00Z"},
    }
    await stage.apply(definition, certificate, seconds=5)
    assert await kubectl.table("get", "cert", "-n", "payments") == [{"NAME": "web", "READY": "False", "SECRET": "web-tls", "AGE": "5s"}]
    assert "cert-manager.io/v1" in await kubectl("api-resources")
    stage.cluster.delete("CustomResourceDefinition", "", "certificates.cert-manager.io")
    await stage.wait(1)
    assert "the server doesn't have a resource type" in await kubectl("get", "cert", "-n", "payments", "--cache-dir=/nonexistent", code=1)
