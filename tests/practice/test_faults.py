"""The faults that scenarios are made of, each told from the cause to what an on-call person would see."""

from __future__ import annotations

import pytest

from stead.practice.images import Image

OPTIONAL_KEY = [{"name": "DEPLOY_ENV", "valueFrom": {"configMapKeyRef": {"name": "api", "key": "DEPLOY_ENV", "optional": True}}}]


def config(**data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "api", "namespace": "payments"}, "data": data}


async def test_a_missing_optional_key_makes_a_deployment_crash_loop_until_it_is_there(stage, admin, make_deployment, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(needs_env=["DEPLOY_ENV"]))
    await stage.apply(config(OTHER="1"), make_deployment(env=OPTIONAL_KEY), seconds=300)
    looping = stage.pods("api")
    assert len(looping) == 3
    for pod in looping:
        status = container_status(pod)
        assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert status["lastState"]["terminated"]["exitCode"] == 1
        assert status["restartCount"] >= 5
    log = await admin("GET", f"/api/v1/namespaces/payments/pods/{looping[0]['metadata']['name']}/log?previous=true")
    assert log.body.splitlines()[-1] == "error: required environment variable DEPLOY_ENV is not set"

    stage.cluster.apply(config(OTHER="1", DEPLOY_ENV="production"))
    await stage.wait(400)
    assert all(container_status(pod)["ready"] for pod in stage.pods("api"))


async def test_a_pod_of_a_vanished_node_stays_terminating_until_it_is_forced(stage, admin, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    victim = next(pod for pod in stage.pods("api") if pod["spec"]["nodeName"] == "node-3")
    stage.cluster.fail_node("node-3")
    await stage.wait(400)
    stage.cluster.remove_node("node-3")
    await stage.wait(3600)

    stuck = stage.cluster.get("Pod", "payments", victim["metadata"]["name"])
    assert stuck is not None
    assert "deletionTimestamp" in stuck["metadata"]
    assert stage.cluster.get("Node", "", "node-3") is None
    assert sum(1 for pod in stage.pods("api") if "deletionTimestamp" not in pod["metadata"]) == 3  # it was replaced
    path = f"/api/v1/namespaces/payments/pods/{victim['metadata']['name']}"
    assert (await admin("DELETE", path)).status == 200
    await stage.wait(60)
    assert (await admin("GET", path)).status == 200, "a polite delete changes nothing"
    assert (await admin("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": stuck["metadata"]["uid"]}})).status == 200
    assert (await admin("GET", path)).status == 404


@pytest.mark.parametrize(
    ("image", "reason"),
    [(Image(exists=False), "ImagePullBackOff"), (Image(exit_code=3, exit_after=2), "CrashLoopBackOff")],
)
async def test_a_bad_revision_stalls_while_the_old_one_serves(stage, image, reason, make_deployment, container_status):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "payments"},
               "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": 8080}]}}  # fmt: skip
    probe = {"httpGet": {"port": 8080}, "initialDelaySeconds": 5}
    await stage.apply(service, make_deployment(progressDeadlineSeconds=120, readinessProbe=probe), seconds=30)
    good = stage.cluster.get("Deployment", "payments", "api")
    stage.cluster.image("registry.example.com/api:2", image)
    stage.cluster.apply(make_deployment(image="registry.example.com/api:2", progressDeadlineSeconds=120, readinessProbe=probe))
    await stage.wait(200)

    sets = {rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: rs for rs in stage.cluster.list("ReplicaSet", "payments")}
    assert sets["1"]["status"]["readyReplicas"] == 3
    assert sets["2"]["spec"]["replicas"] == 1
    assert "readyReplicas" not in sets["2"]["status"]
    new = next(pod for pod in stage.pods("api") if pod["spec"]["containers"][0]["image"].endswith(":2"))
    assert container_status(new)["state"]["waiting"]["reason"] == reason
    now = stage.cluster.get("Deployment", "payments", "api")
    conditions = {c["type"]: c for c in now["status"]["conditions"]}
    assert (conditions["Progressing"]["status"], conditions["Progressing"]["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert conditions["Available"]["status"] == "True"
    assert now["status"]["observedGeneration"] == now["metadata"]["generation"] == good["metadata"]["generation"] + 1
    assert len(stage.cluster.get("Endpoints", "payments", "api")["subsets"][0]["addresses"]) == 3


async def test_a_dead_node_takes_thirty_pods_and_gives_the_workloads_back(stage, make_deployment):
    names = ("api", "web", "worker")
    for name in names:
        stage.cluster.apply(make_deployment(name, image=f"registry.example.com/{name}:1", replicas=30))
    await stage.wait(10)
    lost = [pod["metadata"]["name"] for pod in stage.pods() if pod["spec"]["nodeName"] == "node-2"]
    assert len(lost) == 30

    stage.cluster.fail_node("node-2")
    await stage.wait(60)
    node = stage.cluster.get("Node", "", "node-2")
    ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    assert {t["key"] for t in node["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
    for name in names:
        assert stage.cluster.get("Deployment", "payments", name)["status"]["readyReplicas"] == 20
    await stage.wait(310)
    assert sum("deletionTimestamp" in pod["metadata"] for pod in stage.pods()) == 30
    assert len(stage.events("TaintManagerEviction")) == 30
    for name in names:
        assert stage.cluster.get("Deployment", "payments", name)["status"]["readyReplicas"] == 30

    stage.cluster.restore_node("node-2")
    await stage.wait(60)
    assert not {pod["metadata"]["name"] for pod in stage.pods()} & set(lost)
    node = stage.cluster.get("Node", "", "node-2")
    assert "taints" not in node["spec"]
    assert next(c for c in node["status"]["conditions"] if c["type"] == "Ready")["status"] == "True"


async def test_rights_refuse_one_resource_and_leave_the_others(stage, client_of):
    rules = [{"apiGroups": ["", "apps"], "resources": ["pods", "deployments", "pods/log"], "verbs": ["get", "list", "watch"]}]
    stage.cluster.user("stead-reader", rules)
    reader = client_of("stead-reader")
    assert (await reader("GET", "/api/v1/pods")).status == 200
    refused = await reader("GET", "/api/v1/persistentvolumeclaims")
    assert refused.status == 403
    assert refused.body["reason"] == "Forbidden"
    assert refused.body["message"] == (
        'persistentvolumeclaims is forbidden: User "stead-reader" cannot list resource "persistentvolumeclaims" in API group "" '
        "at the cluster scope"
    )
    review = {"spec": {"resourceAttributes": {"verb": "list", "resource": "persistentvolumeclaims"}}}
    answer = await reader("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    assert answer.body["status"] == {"allowed": False}

    stage.cluster.user("stead-reader", [*rules, {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": ["list"]}])
    assert (await reader("GET", "/api/v1/persistentvolumeclaims")).status == 200
    stage.cluster.expire_token("stead-reader")
    assert (await reader("GET", "/api/v1/pods")).status == 401
