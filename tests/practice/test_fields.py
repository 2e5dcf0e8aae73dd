"""Fields: what a kind does not have is told and dropped at every depth; what has the wrong type or is missing is refused by its name."""

from __future__ import annotations

import pytest

PODS = "/api/v1/namespaces/payments/pods"


async def test_unknown_fields_are_told_with_their_place_and_dropped(admin, make_pod):
    pod = make_pod()
    pod["spec"]["containers"][0]["imagee"] = "x"
    pod["spec"]["volumes"] = [{"name": "v", "emptyDir": {"medum": "Memory"}}]
    made = await admin("POST", PODS, pod)
    assert made.status == 201
    assert made.headers["Warning"] == (
        '299 - "unknown field \\"spec.containers[0].imagee\\", unknown field \\"spec.volumes[0].emptyDir.medum\\""'
    )
    assert "imagee" not in made.body["spec"]["containers"][0]
    strict = await admin("POST", f"{PODS}?fieldValidation=Strict", make_pod("two", replicas=3))
    assert (strict.status, strict.body["message"]) == (
        400, 'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.replicas"',
    )  # fmt: skip
    merge = await admin("PATCH", f"{PODS}/one", {"spec": {"replica": 1}}, kind="application/merge-patch+json")
    assert merge.headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nodeSelector": {"a": 1}}, "json: cannot unmarshal number into Go struct field Pod.spec.nodeSelector.a of type string"),
        ({"hostNetwork": "yes"}, "json: cannot unmarshal string into Go struct field Pod.spec.hostNetwork of type bool"),
        ({"tolerations": {}}, "json: cannot unmarshal object into Go struct field Pod.spec.tolerations of type []struct"),
        ({"overhead": {"cpu": "x"}}, "quantities must match the regular expression"),
    ],
)
async def test_wrong_types_are_refused_by_their_field(admin, make_pod, change, says):
    refused = await admin("POST", PODS, make_pod(**change))
    assert (refused.status, refused.body["reason"]) == (400, "BadRequest")
    assert refused.body["message"].startswith(f'Pod in version "v1" cannot be handled as a Pod: {says}')


async def test_what_an_object_cannot_do_without_is_required(admin, make_pod):
    pod = make_pod(env=[{"value": "1"}])
    refused = await admin("POST", PODS, pod)
    assert refused.body["message"] == 'Pod "one" is invalid: spec.containers[0].env[0].name: Required value'
    role = {"metadata": {"name": "r"}, "rules": [], "roleRef": {"kind": "Role"}}
    refused = await admin("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/payments/rolebindings", role)
    assert refused.body["details"]["causes"][0] == {"reason": "FieldValueRequired", "message": "Required value", "field": "roleRef.name"}


async def test_events_and_autoscalers_are_the_same_in_either_version(stage, admin):
    old = {"metadata": {"name": "api"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api", "apiVersion": "apps/v1"},
           "maxReplicas": 4, "targetCPUUtilizationPercentage": 60}}  # fmt: skip
    path = "/apis/autoscaling/{}/namespaces/payments/horizontalpodautoscalers"
    assert (await admin("POST", path.format("v1"), old)).body["spec"]["targetCPUUtilizationPercentage"] == 60
    new = (await admin("GET", path.format("v2") + "/api")).body
    target = {"type": "Utilization", "averageUtilization": 60}
    assert new["spec"]["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    patched = await admin("PATCH", path.format("v1") + "/api", {"spec": {"maxReplicas": 6}}, kind="application/merge-patch+json")
    assert (patched.body["apiVersion"], patched.body["spec"]["maxReplicas"]) == ("autoscaling/v1", 6)
    assert patched.body["spec"]["targetCPUUtilizationPercentage"] == 60


async def test_the_namespaces_of_the_system_come_back(stage):
    stage.cluster.delete("Namespace", "", "kube-node-lease")
    await stage.wait(60)
    assert stage.cluster.get("Namespace", "", "kube-node-lease")["status"]["phase"] == "Active"
    assert len(stage.cluster.list("Lease", "kube-node-lease")) == 3
    ready = [c["status"] for node in stage.cluster.list("Node") for c in node["status"]["conditions"] if c["type"] == "Ready"]
    assert ready == ["True"] * 3


@pytest.mark.parametrize(
    ("path", "spec", "says"),
    [
        (
            "apis/policy/v1/namespaces/payments/poddisruptionbudgets",
            {"minAvailable": "half"},
            "spec.minAvailable: Invalid value: \"half\": a valid percent must be a numeric string followed by an ending '%'",
        ),
        (
            "apis/policy/v1/namespaces/payments/poddisruptionbudgets",
            {"maxUnavailable": -1},
            "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers",
            {"scaleTargetRef": {"kind": "Deployment", "name": "a"}, "minReplicas": 5, "maxReplicas": 2},
            "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
        ),
        (
            "apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers",
            {"scaleTargetRef": {"kind": "Deployment", "name": "a"}, "maxReplicas": 2, "metrics": [{"type": "Resource"}]},
            "spec.metrics[0].resource: Required value: must populate information for the given metric source",
        ),
    ],
)
async def test_numbers_that_lead_nowhere_are_refused(admin, path, spec, says):
    refused = await admin("POST", f"/{path}", {"metadata": {"name": "one"}, "spec": spec})
    assert refused.status == 422
    assert says in refused.body["message"]


@pytest.mark.parametrize(
    ("rolling", "says"),
    [
        ({"maxSurge": "many"}, 'spec.strategy.rollingUpdate.maxSurge: Invalid value: "many": a valid percent'),
        (
            {"maxSurge": 0, "maxUnavailable": 0},
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge`",
        ),
    ],
)
async def test_a_rollout_that_cannot_move_is_refused(admin, make_deployment, rolling, says):
    body = make_deployment(strategy={"rollingUpdate": rolling})
    refused = await admin("POST", "/apis/apps/v1/namespaces/payments/deployments", body)
    assert refused.status == 422
    assert says in refused.body["message"]


async def test_a_definition_cannot_take_the_place_of_a_built_in_kind(stage, admin):
    names = {"kind": "Deployment", "plural": "deployments"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    spec = {"group": "apps", "scope": "Namespaced", "names": names, "versions": [version]}
    body = {"metadata": {"name": "deployments.apps"}, "spec": spec}
    refused = await admin("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
    assert (refused.status, refused.body["details"]["causes"][0]["field"]) == (422, "spec.group")
    assert (await admin("GET", "/apis/apps/v1/deployments")).status == 200
