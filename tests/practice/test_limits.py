"""LimitRanges, ResourceQuotas and classes at the door: what is added, what is refused, in the server's words."""

from __future__ import annotations

import pytest

PODS = "/api/v1/namespaces/payments/pods"


def limit_range(**item) -> dict:
    meta = {"name": "bounds", "namespace": "payments"}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": meta, "spec": {"limits": [{"type": "Container", **item}]}}


def quota(hard: dict, **spec) -> dict:
    meta = {"name": "compute", "namespace": "payments"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard, **spec}}


async def test_a_container_that_says_nothing_gets_the_usual(stage, admin, make_pod):
    await stage.apply(limit_range(default={"cpu": "500m"}, defaultRequest={"memory": "64Mi"}))
    made = (await admin("POST", PODS, make_pod())).body
    assert made["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "500m", "memory": "64Mi"}, "limits": {"cpu": "500m"}}
    note = made["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert note == "LimitRanger plugin set: cpu, memory request for container main; cpu limit for container main"
    own = (await admin("POST", PODS, make_pod("own", resources={"limits": {"cpu": "1", "memory": "1Gi"}}))).body
    assert own["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert "annotations" not in own["metadata"]


@pytest.mark.parametrize(
    ("bounds", "resources", "says"),
    [
        ({"max": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}}, "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        ({"min": {"cpu": "100m"}}, {"requests": {"cpu": "50m"}}, "minimum cpu usage per Container is 100m, but request is 50m"),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000",
        ),
        (
            {"type": "Pod", "max": {"cpu": "1", "memory": "1Gi"}},
            {"requests": {"cpu": "3"}, "limits": {"cpu": "3"}},
            "[maximum cpu usage per Pod is 1, but limit is 3, maximum memory usage per Pod is 1Gi.  No limit is specified]",
        ),
    ],
)
async def test_what_is_out_of_bounds_is_refused(stage, admin, make_pod, bounds, resources, says):
    await stage.apply(limit_range(**bounds))
    refused = await admin("POST", PODS, make_pod(resources=resources))
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"] == f'pods "one" is forbidden: {says}'


async def test_a_claim_has_bounds_of_its_own(stage, admin):
    await stage.apply(limit_range(type="PersistentVolumeClaim", max={"storage": "5Gi"}))
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}
    refused = await admin("POST", "/api/v1/namespaces/payments/persistentvolumeclaims", claim)
    assert refused.body["message"].endswith("maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi")


async def test_a_quota_of_compute_wants_every_container_to_say(stage, admin, make_pod):
    await stage.apply(quota({"requests.cpu": "1", "limits.memory": "1Gi"}))
    refused = await admin("POST", PODS, make_pod())
    assert refused.body["message"] == (
        'pods "one" is forbidden: failed quota: compute: must specify limits.memory for: main; requests.cpu for: main'
    )
    enough = {"requests": {"cpu": "600m"}, "limits": {"memory": "100Mi"}}
    assert (await admin("POST", PODS, make_pod(resources=enough))).status == 201
    over = await admin("POST", PODS, make_pod("two", resources=enough))
    assert over.body["message"] == (
        'pods "two" is forbidden: exceeded quota: compute, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1'
    )


@pytest.mark.parametrize(
    ("spec", "counted", "free"),
    [
        ({"scopes": ["BestEffort"]}, {}, {"resources": {"requests": {"cpu": "1m"}}}),
        ({"scopes": ["NotBestEffort"]}, {"resources": {"requests": {"cpu": "1m"}}}, {}),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 60}, {}),
        ({"scopes": ["NotTerminating"]}, {}, {"activeDeadlineSeconds": 60}),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}},
            {"priorityClassName": "high"},
            {},
        ),
    ],
)
async def test_a_quota_counts_the_pods_of_its_scope(stage, admin, make_pod, spec, counted, free):
    high = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 10}
    await stage.apply(high, quota({"pods": "1"}, **spec))
    assert (await admin("POST", PODS, make_pod("one", **counted))).status == 201
    assert (await admin("POST", PODS, make_pod("free", **free))).status == 201
    refused = await admin("POST", PODS, make_pod("two", **counted))
    assert refused.body["message"].endswith("exceeded quota: compute, requested: pods=1, used: pods=1, limited: pods=1")
    await stage.wait(1)
    assert stage.cluster.get("ResourceQuota", "payments", "compute")["status"]["used"] == {"pods": "1"}


async def test_a_quota_knows_services_and_classes_of_storage(stage, admin):
    claims = "fast.storageclass.storage.k8s.io/requests.storage"
    await stage.apply(quota({"services.nodeports": "1", claims: "5Gi"}))
    service = {"metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]}}
    refused = await admin("POST", "/api/v1/namespaces/payments/services", service)
    assert "requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1" in refused.body["message"]
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    refused = await admin("POST", "/api/v1/namespaces/payments/persistentvolumeclaims", {"metadata": {"name": "d"}, "spec": spec})
    assert f"requested: {claims}=10Gi, used: {claims}=0, limited: {claims}=5Gi" in refused.body["message"]


async def test_classes_that_pods_name_must_be_there(stage, admin, make_pod):
    usual = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "usual"},
        "value": 7,
        "globalDefault": True,
    }
    runtime = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc",
               "overhead": {"podFixed": {"cpu": "250m"}}}  # fmt: skip
    await stage.apply(usual, runtime)
    made = (await admin("POST", PODS, make_pod(runtimeClassName="gvisor"))).body["spec"]
    assert (made["priorityClassName"], made["priority"], made["overhead"]) == ("usual", 7, {"cpu": "250m"})
    refused = await admin("POST", PODS, make_pod("two", runtimeClassName="kata"))
    assert refused.body["message"] == 'pods "two" is forbidden: pod rejected: RuntimeClass "kata" not found'
