"""What programs run into on a practice cluster: others that they cannot reach, rights that they lack, nodes that are full.

Each story goes both ways: the fault shows as it does on a real cluster, and goes when its cause goes.
"""

from __future__ import annotations

import pytest

from stead.practice.images import Image

API = "registry.example.com/api:1"
MIB = 2**20
REFUSED = "dial tcp {ip}:9090: connect: connection refused"
HTTP = {"httpGet": {"path": "/", "port": 8080}}


def service(name, namespace="payments", *, app="", port=80, target=8080, protocol="TCP"):
    ports = [{"port": port, "targetPort": target, "protocol": protocol}]
    spec = {"selector": {"app": app or name}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def policy(name="guard", where="payments", **spec):
    meta = {"name": name, "namespace": where}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": {"podSelector": {}, **spec}}


def claim(name="data", mode="ReadWriteOnce"):
    spec = {"storageClassName": "standard", "accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}


STANDARD = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "standard"}, "provisioner": "csi.example.com"}
SHARED = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}


@pytest.fixture
async def caller(stage, make_pod):
    """A database with its Service, and a pod that needs it and turns unready without."""
    stage.cluster.image(API, Image(needs_service=["db:5432"], when_cut_off="unready", pull_seconds=0))
    await stage.apply(make_pod("db", image="registry.example.com/db:1"), service("db", port=5432, target=5432), seconds=5)
    await stage.apply(make_pod(readinessProbe=HTTP), seconds=20)
    assert ready(stage, "one")
    return stage


def ready(stage, name):
    return stage.cluster.get("Pod", "payments", name)["status"]["containerStatuses"][0]["ready"]


async def log(admin, name="one", query=""):
    return (await admin("GET", f"/api/v1/namespaces/payments/pods/{name}/log{query}")).body


async def test_without_endpoints_a_connection_is_refused(caller, admin):
    caller.cluster.edit("Service", "payments", "db", lambda obj: obj["spec"].update(selector={"app": "other"}))
    await caller.wait(60)
    assert not ready(caller, "one")
    address = caller.cluster.get("Service", "payments", "db")["spec"]["clusterIP"]
    assert f"cannot reach db:5432: dial tcp {address}:5432: connect: connection refused" in await log(admin)
    assert caller.events("Unhealthy")[-1]["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    caller.cluster.edit("Service", "payments", "db", lambda obj: obj["spec"].update(selector={"app": "db"}))
    await caller.wait(30)
    assert ready(caller, "one")


async def test_a_name_without_a_service_is_not_found(caller, admin):
    caller.cluster.delete("Service", "payments", "db")
    await caller.wait(60)
    assert "dial tcp: lookup db on 10.96.0.10:53: no such host" in await log(admin)


async def test_a_target_port_on_which_nobody_listens_is_refused(caller, admin, container_status):
    caller.cluster.image("registry.example.com/db:1", Image(listens=[5432]))
    caller.cluster.edit("Service", "payments", "db", lambda obj: obj["spec"].update(ports=[{"port": 5432, "targetPort": 3306}]))
    await caller.wait(60)
    assert container_status(caller.cluster.get("Pod", "payments", "db"))["ready"]
    assert "connection refused" in await log(admin)
    assert not ready(caller, "one")


async def test_a_port_that_the_service_does_not_have_times_out(caller, admin):
    caller.cluster.edit("Service", "payments", "db", lambda obj: obj["spec"].update(ports=[{"port": 3306, "targetPort": 5432}]))
    await caller.wait(60)
    assert "5432: i/o timeout" in await log(admin)


@pytest.mark.parametrize(
    ("spec", "passes"),
    [
        ({"policyTypes": ["Ingress"]}, False),
        ({"policyTypes": ["Egress"]}, False),
        ({"podSelector": {"matchLabels": {"app": "nobody"}}, "policyTypes": ["Ingress"]}, True),
        ({"ingress": [{}]}, True),
        ({"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "one"}}}], "ports": [{"port": 5432}]}]}, True),
        ({"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "one"}}}], "ports": [{"port": 3306}]}]}, False),
        ({"ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 5000, "endPort": 6000}]}]}, True),
        ({"ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 5432, "protocol": "UDP"}]}]}, False),
        ({"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "payments"}}}]}]}, True),
        ({"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "shop"}}}]}]}, False),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}]}, True),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.244.0.0/16", "except": ["10.244.0.0/16"]}}]}]}, False),
        ({"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}], "policyTypes": ["Egress"]}, True),
    ],
)
async def test_network_policies_let_through_what_they_name(caller, admin, spec, passes):
    await caller.apply(policy(**spec), seconds=60)
    assert ready(caller, "one") is passes
    if not passes:
        assert "5432: i/o timeout" in await log(admin)
    caller.cluster.delete("NetworkPolicy", "payments", "guard")
    await caller.wait(60)
    assert ready(caller, "one")


async def test_names_need_the_dns_of_the_cluster(caller, make_deployment, admin):
    dns = service("kube-dns", "kube-system", app="coredns", port=53, target=53, protocol="UDP")
    await caller.apply(make_deployment("coredns", namespace="kube-system", replicas=1), dns, seconds=60)
    assert ready(caller, "one")
    caller.cluster.edit("Deployment", "kube-system", "coredns", lambda obj: obj["spec"].update(replicas=0))
    await caller.wait(60)
    address = caller.cluster.get("Pod", "payments", "one")["status"]["podIP"]
    said = f"dial tcp: lookup db on 10.96.0.10:53: read udp {address}->10.96.0.10:53: connection refused"
    assert said in await log(admin)
    assert not ready(caller, "one")


async def test_an_egress_policy_that_forgets_dns(caller, make_deployment, admin):
    dns = service("kube-dns", "kube-system", app="coredns", port=53, target=53, protocol="UDP")
    await caller.apply(make_deployment("coredns", namespace="kube-system", replicas=1), dns, seconds=60)
    to_db = {"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}], "policyTypes": ["Egress"]}
    await caller.apply(policy(**to_db), seconds=60)
    assert "10.96.0.10:53: i/o timeout" in await log(admin)


async def test_names_outside_of_the_cluster_are_cut_off_by_egress_alone(stage, make_pod, admin):
    stage.cluster.image(API, Image(needs_service=["api.example.com:443"], when_cut_off="unready"))
    await stage.apply(make_pod(readinessProbe=HTTP), seconds=20)
    assert ready(stage, "one")
    await stage.apply(policy(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]), seconds=60)
    assert not ready(stage, "one")
    assert "dial tcp 203.0.113.10:443: i/o timeout" in await log(admin)


async def test_one_that_cannot_do_without_gives_up_and_comes_back(caller, make_pod, admin, container_status):
    caller.cluster.image("registry.example.com/worker:1", Image(needs_service=["db:5432"]))
    await caller.apply(make_pod("worker", image="registry.example.com/worker:1"), seconds=10)
    caller.cluster.delete("Pod", "payments", "db")
    await caller.wait(120)
    state = container_status(caller.cluster.get("Pod", "payments", "worker"))
    assert state["lastState"]["terminated"]["exitCode"] == 1
    assert state["restartCount"] >= 1
    assert "fatal: giving up: cannot reach db:5432" in await log(admin, "worker", "?previous=true")
    await caller.apply(make_pod("db", image="registry.example.com/db:1"), seconds=330)
    assert ready(caller, "worker")


async def test_a_service_account_without_rights_is_refused_in_the_words_of_the_server(stage, make_pod, admin):
    stage.cluster.image(API, Image(needs_access=["list configmaps", "create leases.coordination.k8s.io"]))
    await stage.apply(make_pod(), seconds=20)
    said = (
        'configmaps is forbidden: User "system:serviceaccount:payments:default" cannot list resource "configmaps" in API group "" '
        'in the namespace "payments"'
    )
    assert said in await log(admin, query="?previous=true")
    rules = [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
    ]
    group = "rbac.authorization.k8s.io"
    meta = {"name": "app", "namespace": "payments"}
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules}
    subjects = [{"kind": "ServiceAccount", "name": "default", "namespace": "payments"}]
    reference = {"apiGroup": group, "kind": "Role", "name": "app"}
    binding = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta, "subjects": subjects, "roleRef": reference}
    await stage.apply(role, binding, seconds=330)
    assert ready(stage, "one")


async def test_a_bad_value_in_a_mounted_file_ends_the_program_at_its_next_start(stage, make_pod, container_status, admin):
    stage.cluster.image(API, Image(chokes_on={"3O": "fatal: timeout: invalid number `3O`"}))
    files = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "files", "namespace": "payments"}, "data": {"a": "timeout: 30"}}
    mounted = {"volumes": [{"name": "cfg", "configMap": {"name": "files"}}], "volumeMounts": [{"name": "cfg", "mountPath": "/etc/cfg"}]}
    await stage.apply(files, make_pod(**mounted), seconds=20)
    await stage.apply({**files, "data": {"a": "timeout: 3O"}}, seconds=120)
    assert container_status(stage.pods()[0])["restartCount"] == 0
    await stage.apply(make_pod("two", **mounted), seconds=20)
    assert container_status(stage.cluster.get("Pod", "payments", "two"))["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert "invalid number" in await log(admin, "two", "?previous=true")


async def test_secrets_reach_the_program_decoded(stage, make_pod, container_status):
    stage.cluster.image(API, Image(chokes_on={"hunter2": "password authentication failed"}))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "payments"},
        "data": {"password": "aHVudGVyMg=="},
    }
    env = [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]
    await stage.apply(secret, make_pod(env=env), seconds=10)
    assert container_status(stage.pods()[0])["lastState"]["terminated"]["exitCode"] == 1


async def test_a_program_that_fails_only_at_first_stays_up(stage, make_pod, container_status):
    stage.cluster.image(API, Image(exit_code=2, exit_after=1, failing_runs=2))
    await stage.apply(make_pod(), seconds=120)
    state = container_status(stage.pods()[0])
    assert (state["ready"], state["restartCount"]) == (True, 2)


@pytest.mark.parametrize(
    ("image", "probe", "why"),
    [
        (Image(listens=[8080]), {"httpGet": {"path": "/", "port": 9090}}, f'Get "http://{{ip}}:9090/": {REFUSED}'),
        (Image(listens=[8080]), {"tcpSocket": {"port": 9090}}, REFUSED),
        (Image(paths=["/"]), {"httpGet": {"path": "/healthz", "port": 8080}}, "HTTP probe failed with statuscode: 404"),
    ],
)  # fmt: skip
async def test_a_probe_that_asks_in_the_wrong_place(stage, make_pod, container_status, image, probe, why):
    stage.cluster.image(API, image)
    await stage.apply(make_pod(readinessProbe=probe), seconds=40)
    pod = stage.pods()[0]
    assert not container_status(pod)["ready"]
    assert {event["message"] for event in stage.events("Unhealthy")} == {f"Readiness probe failed: {why.format(ip=pod['status']['podIP'])}"}


async def test_a_slow_start_is_ended_by_a_liveness_probe_and_spared_by_a_startup_probe(stage, make_deployment, container_status):
    stage.cluster.image(API, Image(starts_after=60, stop_exit_code=143))
    hasty = {"livenessProbe": {**HTTP, "periodSeconds": 10, "failureThreshold": 3}}
    patient = {**hasty, "startupProbe": {**HTTP, "periodSeconds": 10, "failureThreshold": 12}}
    await stage.apply(make_deployment("hasty", replicas=1, **hasty), make_deployment("patient", replicas=1, **patient), seconds=75)
    assert container_status(stage.pods("hasty")[0])["restartCount"] >= 1
    assert container_status(stage.pods("patient")[0])["restartCount"] == 0
    assert container_status(stage.pods("patient")[0])["started"]
    said = [event["message"] for event in stage.events("Killing")]
    assert "Container hasty failed liveness probe, will be restarted" in said


async def test_a_startup_probe_that_allows_too_little(stage, make_deployment, container_status):
    stage.cluster.image(API, Image(starts_after=60))
    probe = {"startupProbe": {**HTTP, "periodSeconds": 5, "failureThreshold": 3}}
    await stage.apply(make_deployment("api", replicas=1, **probe), seconds=30)
    state = container_status(stage.pods("api")[0])
    assert (state["started"], state["ready"]) == (False, False)
    assert "Startup probe failed: HTTP probe failed with statuscode: 503" in {e["message"] for e in stage.events("Unhealthy")}
    assert "Container api failed startup probe, will be restarted" in [e["message"] for e in stage.events("Killing")]


async def test_a_sidecar_lets_the_others_begin_and_keeps_the_pod_unready_when_it_fails(stage, make_pod):
    stage.cluster.image("registry.example.com/shipper:1", Image(exit_code=1, exit_after=30, pull_seconds=0))
    sidecar = {"name": "shipper", "image": "registry.example.com/shipper:1", "restartPolicy": "Always"}
    await stage.apply(make_pod(initContainers=[sidecar]), seconds=10)
    pod = stage.pods()[0]
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["containerStatuses"][0]["ready"]
    await stage.wait(57)
    pod = stage.pods()[0]
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["initContainerStatuses"][0]["restartCount"] >= 1
    unready = next(c for c in pod["status"]["conditions"] if c["type"] == "Ready")
    assert unready["message"] == "containers with unready status: [shipper]"


async def test_a_full_node_evicts_the_pod_furthest_above_its_request_and_says_so(stage, make_pod):
    stage.cluster.image("registry.example.com/hog:1", Image(memory_bytes=7168 * MIB, oom_after=30))
    stage.cluster.image(API, Image(memory_bytes=1536 * MIB))
    here = {"nodeSelector": {"kubernetes.io/hostname": "node-2"}}
    await stage.apply(make_pod("modest", resources={"requests": {"memory": "256Mi"}}, **here), seconds=10)
    await stage.apply(make_pod("hog", image="registry.example.com/hog:1", resources={"requests": {"memory": "6Gi"}}, **here), seconds=60)
    pod = stage.cluster.get("Pod", "payments", "modest")
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "Evicted")
    assert pod["status"]["message"] == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 0Ki. Container main was using 1572864Ki, "
        "request is 256Mi, has larger consumption of memory. "
    )
    assert pressure(stage) == ("True", [("node.kubernetes.io/memory-pressure", "NoSchedule")])
    await stage.wait(330)
    assert pressure(stage) == ("False", [])


def pressure(stage):
    node = stage.cluster.get("Node", "", "node-2")
    told = next(c["status"] for c in node["status"]["conditions"] if c["type"] == "MemoryPressure")
    return told, [(taint["key"], taint["effect"]) for taint in node["spec"].get("taints", [])]


async def test_a_volume_that_one_node_has_cannot_come_to_another(stage, make_pod, container_status):
    await stage.apply(STANDARD, claim(), make_pod("first", nodeSelector={"kubernetes.io/hostname": "node-1"}, **SHARED), seconds=10)
    await stage.apply(make_pod("second", nodeSelector={"kubernetes.io/hostname": "node-2"}, **SHARED), seconds=30)
    volume = stage.cluster.get("PersistentVolumeClaim", "payments", "data")["spec"]["volumeName"]
    event = stage.events("FailedAttachVolume")[0]
    assert event["message"] == f'Multi-Attach error for volume "{volume}" Volume is already used by pod(s) first'
    assert container_status(stage.cluster.get("Pod", "payments", "second"))["state"]["waiting"]["reason"] == "ContainerCreating"
    stage.cluster.delete("Pod", "payments", "first")
    await stage.wait(150)
    assert ready(stage, "second")


async def test_a_volume_for_many_nodes_comes_to_all(stage, make_pod):
    await stage.apply(STANDARD, claim(mode="ReadWriteMany"), make_pod("first", nodeName="node-1", **SHARED), seconds=10)
    await stage.apply(make_pod("second", nodeName="node-2", **SHARED), seconds=10)
    assert ready(stage, "second")


async def test_an_image_name_that_is_none(stage, make_pod, container_status):
    await stage.apply(make_pod(image="registry.example.com/team/Api:1"), seconds=5)
    waiting = container_status(stage.pods()[0])["state"]["waiting"]
    assert waiting["reason"] == "InvalidImageName"
    assert waiting["message"] == (
        'Failed to apply default image tag "registry.example.com/team/Api:1": '
        'couldn\'t parse image name "registry.example.com/team/Api:1": '
        "invalid reference format: repository name (team/Api) must be lowercase"
    )
    assert stage.events("InspectFailed")


HOOK = {
    "name": "pods.example.com",
    "admissionReviewVersions": ["v1"],
    "sideEffects": "None",
    "clientConfig": {"service": {"name": "guard", "namespace": "guard", "path": "/validate"}},
    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    "namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["guard"]}]},
}


def webhook(**changes):
    meta = {"name": "guard"}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": meta,
        "webhooks": [HOOK | changes],
    }


async def test_a_webhook_that_nobody_answers_refuses_pods_until_somebody_does(stage, make_deployment):
    await stage.apply(namespace("guard"), webhook(), service("guard", "guard", port=443, target=8443), make_deployment(), seconds=30)
    assert stage.pods("api") == []
    said = (
        'Error creating: Internal error occurred: failed calling webhook "pods.example.com": failed to call webhook: '
        'Post "https://guard.guard.svc:443/validate?timeout=10s": no endpoints available for service "guard"'
    )
    assert said in {event["message"] for event in stage.events("FailedCreate")}
    await stage.apply(make_deployment("guard", namespace="guard", replicas=1), seconds=1200)
    assert len(stage.pods("api")) == 3


@pytest.mark.parametrize("changes", [{"failurePolicy": "Ignore"}, {"objectSelector": {"matchLabels": {"guarded": "yes"}}}])
async def test_a_webhook_that_need_not_be_heard_refuses_nothing(stage, make_deployment, changes):
    await stage.apply(namespace("guard"), webhook(**changes), make_deployment(), seconds=30)
    assert len(stage.pods("api")) == 3
