"""The controllers, each by its story."""

from __future__ import annotations

import pytest

from stead.practice.api.errors import ApiError
from stead.practice.images import Image


async def test_a_rollout_never_leaves_its_bounds(stage, make_deployment):
    await stage.apply(make_deployment(replicas=8), seconds=5)
    stage.cluster.image("registry.example.com/api:2", Image(ready_after=5))
    probe = {"httpGet": {"port": 80}}
    stage.cluster.apply(make_deployment(replicas=8, image="registry.example.com/api:2", readinessProbe=probe))
    seen = set()
    for _ in range(200):
        await stage.wait(0.5)
        alive = [pod for pod in stage.pods("api") if "deletionTimestamp" not in pod["metadata"]]
        ready = sum(any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ())) for pod in alive)
        assert len(alive) <= 8 + 2
        assert ready >= 8 - 2
        seen.add(len(alive))
    assert 10 in seen, "the surge was used"
    status = stage.cluster.get("Deployment", "payments", "api")["status"]
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"]) == (8, 8, 8)
    progressing = next(c for c in status["conditions"] if c["type"] == "Progressing")
    assert progressing["reason"] == "NewReplicaSetAvailable"
    assert [event["count"] for event in stage.events("ScalingReplicaSet")]


async def test_recreate_waits_for_the_last_old_pod(stage, make_deployment):
    stage.cluster.image("registry.example.com/api:1", Image(stop_seconds=20))
    await stage.apply(make_deployment(strategy={"type": "Recreate"}), seconds=5)
    stage.cluster.apply(make_deployment(strategy={"type": "Recreate"}, image="registry.example.com/api:2"))
    await stage.wait(15)
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods("api")} == {"registry.example.com/api:1"}
    await stage.wait(30)
    assert [pod["spec"]["containers"][0]["image"] for pod in stage.pods("api")] == ["registry.example.com/api:2"] * 3


async def test_going_back_to_an_old_template_reuses_its_replicaset(stage, make_deployment):
    for image in ("1", "2", "1"):
        await stage.apply(make_deployment(image=f"registry.example.com/api:{image}"), seconds=60)
    sets = stage.cluster.list("ReplicaSet", "payments")
    assert sorted(rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for rs in sets) == ["2", "3"]


async def test_scaling_is_not_a_revision_and_old_revisions_are_forgotten(stage, make_deployment):
    for revision in range(1, 6):
        await stage.apply(make_deployment(image=f"registry.example.com/api:{revision}", revisionHistoryLimit=2), seconds=60)
    await stage.apply(make_deployment(image="registry.example.com/api:5", replicas=5, revisionHistoryLimit=2), seconds=10)
    found = stage.cluster.get("Deployment", "payments", "api")
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "5"
    assert found["status"]["readyReplicas"] == 5
    revisions = [int(rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]) for rs in stage.cluster.list("ReplicaSet")]
    assert sorted(revisions) == [3, 4, 5]


async def test_a_quota_keeps_replicas_from_being_made(stage, make_deployment):
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": "payments"},
        "spec": {"hard": {"pods": "2"}},
    }
    await stage.apply(quota, make_deployment(), seconds=5)
    deployment = stage.cluster.get("Deployment", "payments", "api")
    failure = next(c for c in deployment["status"]["conditions"] if c["type"] == "ReplicaFailure")
    assert failure["reason"] == "FailedCreate"
    assert "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2" in failure["message"]
    assert stage.cluster.get("ResourceQuota", "payments", "few")["status"]["used"] == {"pods": "2"}
    stage.cluster.delete("ResourceQuota", "payments", "few")
    await stage.wait(30)
    assert stage.cluster.get("Deployment", "payments", "api")["status"]["readyReplicas"] == 3


def stateful(image: str = "registry.example.com/db:1", replicas: int = 3) -> dict:
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": image}]}}
    spec = {"replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template,
            "volumeClaimTemplates": [claim]}  # fmt: skip
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "payments"}, "spec": spec}


STORAGE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "local", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "csi.example.com",
    "volumeBindingMode": "WaitForFirstConsumer",
}


async def test_a_statefulset_goes_in_order_keeps_its_claims_and_rolls_backwards(stage):
    await stage.apply(STORAGE, stateful(), seconds=0.5)
    assert [pod["metadata"]["name"] for pod in stage.pods("db")] == ["db-0"]
    await stage.wait(30)
    assert [pod["metadata"]["name"] for pod in stage.pods("db")] == ["db-0", "db-1", "db-2"]
    claims = stage.cluster.list("PersistentVolumeClaim", "payments")
    assert [(c["metadata"]["name"], c["status"]["phase"]) for c in claims] == [(f"data-db-{n}", "Bound") for n in range(3)]
    stage.cluster.image("registry.example.com/db:2", Image(exists=False))
    await stage.apply(stateful("registry.example.com/db:2"), seconds=60)
    images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"][-1] for pod in stage.pods("db")}
    assert images == {"db-0": "1", "db-1": "1", "db-2": "2"}, "it stops at the first that does not come up"
    await stage.apply(stateful(replicas=0), seconds=120)
    assert stage.pods("db") == []
    assert len(stage.cluster.list("PersistentVolumeClaim", "payments")) == 3


async def test_a_daemonset_runs_on_every_node_that_joins(stage):
    template = {
        "metadata": {"labels": {"app": "agent"}},
        "spec": {"containers": [{"name": "agent", "image": "registry.example.com/agent:1"}]},
    }
    await stage.apply({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "payments"},
                       "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template}}, seconds=5)  # fmt: skip
    stage.cluster.add_node("node-4")
    await stage.wait(5)
    assert sorted(pod["spec"]["nodeName"] for pod in stage.pods("agent")) == ["node-1", "node-2", "node-3", "node-4"]
    assert stage.cluster.get("DaemonSet", "payments", "agent")["status"]["numberReady"] == 4
    stage.cluster.fail_node("node-4")
    await stage.wait(600)
    mine = next(pod for pod in stage.pods("agent") if pod["spec"]["nodeName"] == "node-4")
    assert "deletionTimestamp" not in mine["metadata"], "daemons tolerate an unreachable node"
    assert stage.cluster.get("DaemonSet", "payments", "agent")["status"]["numberReady"] == 3


def job(name: str = "report", **spec: object) -> dict:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "run", "image": "registry.example.com/report:1"}]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "payments"},
        "spec": {"template": template, **spec},
    }


async def test_a_job_completes_or_gives_up(stage):
    stage.cluster.image("registry.example.com/report:1", Image(exit_code=0, exit_after=10))
    await stage.apply(job(completions=3, parallelism=2), seconds=30)
    done = stage.cluster.get("Job", "payments", "report")
    assert done["status"]["succeeded"] == 3
    assert [c["type"] for c in done["status"]["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    stage.cluster.image("registry.example.com/report:1", Image(exit_code=1))
    await stage.apply(job("bad", backoffLimit=2), seconds=120)
    bad = stage.cluster.get("Job", "payments", "bad")
    assert bad["status"]["failed"] == 3
    assert bad["status"]["conditions"][-1]["reason"] == "BackoffLimitExceeded"
    assert bad["status"]["conditions"][-1]["message"] == "Job has reached the specified backoff limit"


async def test_a_cronjob_makes_a_job_each_time_and_keeps_three(stage):
    stage.cluster.image("registry.example.com/report:1", Image(exit_code=0, exit_after=1))
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "payments"},
            "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": job()["spec"]}}}  # fmt: skip
    await stage.apply(cron, seconds=1801)
    jobs = stage.cluster.list("Job", "payments")
    assert len(jobs) == 3
    assert stage.cluster.get("CronJob", "payments", "nightly")["status"]["lastScheduleTime"] == "2026-01-05T09:30:00Z"
    assert len([event for event in stage.events("SuccessfulCreate") if event["involvedObject"]["kind"] == "CronJob"]) == 6


async def test_a_budget_refuses_an_eviction_too_many(stage, admin, make_deployment):
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "api", "namespace": "payments"},
              "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": "api"}}}}  # fmt: skip
    await stage.apply(make_deployment(), budget, seconds=5)
    name = stage.pods("api")[0]["metadata"]["name"]
    path = f"/api/v1/namespaces/payments/pods/{name}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    refused = await admin("POST", path, eviction)
    assert refused.status == 429
    assert refused.body["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert refused.body["details"]["causes"][0]["message"] == "The disruption budget api needs 3 healthy pods and has 3 currently"
    await stage.apply(make_deployment(replicas=4), seconds=5)
    assert (await admin("POST", path, eviction)).status == 201


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
async def test_dependents_go_or_stay_as_the_deletion_says(stage, make_deployment, policy):
    await stage.apply(make_deployment(), seconds=5)
    stage.cluster.delete("Deployment", "payments", "api", propagation=policy)
    await stage.wait(60)
    assert stage.cluster.get("Deployment", "payments", "api") is None
    left = (len(stage.cluster.list("ReplicaSet", "payments")), len(stage.pods("api")))
    assert left == ((1, 3) if policy == "Orphan" else (0, 0))


async def test_a_namespace_empties_itself_and_says_what_holds_it(stage, make_deployment):
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": "payments", "finalizers": ["example.com/hold"]},
    }
    await stage.apply(make_deployment(), held, seconds=5)
    stage.cluster.delete("Namespace", "", "payments")
    await stage.wait(60)
    namespace = stage.cluster.get("Namespace", "", "payments")
    assert namespace["status"]["phase"] == "Terminating"
    conditions = {c["type"]: c for c in namespace["status"]["conditions"]}
    assert conditions["NamespaceContentRemaining"]["message"] == "Some resources are remaining: configmaps. has 1 resource instances"
    assert "example.com/hold in 1 resource instances" in conditions["NamespaceFinalizersRemaining"]["message"]
    stage.cluster.edit("ConfigMap", "payments", "held", lambda obj: obj["metadata"].pop("finalizers"))
    await stage.wait(1)
    assert stage.cluster.get("Namespace", "", "payments") is None


async def test_endpoints_follow_readiness(stage, make_deployment):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "payments"},
               "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "http"}]}}  # fmt: skip
    await stage.apply(service, make_deployment(ports=[{"name": "http", "containerPort": 8080}]), seconds=5)
    found = stage.cluster.list("EndpointSlice", "payments")[0]
    assert [port["port"] for port in found["ports"]] == [8080]
    assert [endpoint["conditions"]["ready"] for endpoint in found["endpoints"]] == [True] * 3
    stage.cluster.fail_node("node-1")
    await stage.wait(60)
    assert sorted(e["conditions"]["ready"] for e in stage.cluster.list("EndpointSlice", "payments")[0]["endpoints"]) == [False, True, True]


async def test_a_container_may_mount_what_a_claim_template_makes(stage):
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    mounts = [{"name": "data", "mountPath": "/data"}, {"name": "scratch", "mountPath": "/tmp"}]
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "db:1", "volumeMounts": mounts}]}}
    spec = {"serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template, "volumeClaimTemplates": [claim]}
    db = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "payments"}, "spec": spec}

    with pytest.raises(ApiError, match=r'volumeMounts\[1\].name: Not found: "scratch"'):
        stage.cluster.apply(db)
    del mounts[1]
    await stage.apply(db)
    assert stage.cluster.get("StatefulSet", "payments", "db") is not None


async def test_a_replication_controller_keeps_its_pods_too(stage, admin):
    template = {"metadata": {"labels": {"app": "old"}}, "spec": {"containers": [{"name": "main", "image": "registry.example.com/api:1"}]}}
    meta = {"name": "old", "namespace": "payments"}
    old = {"apiVersion": "v1", "kind": "ReplicationController", "metadata": meta, "spec": {"replicas": 2, "template": template}}
    await stage.apply(old, seconds=10)
    stored = stage.cluster.get("ReplicationController", "payments", "old")
    assert (stored["spec"]["selector"], stored["status"]["readyReplicas"]) == ({"app": "old"}, 2)
    scale = (await admin("GET", "/api/v1/namespaces/payments/replicationcontrollers/old/scale")).body
    assert scale["status"] == {"replicas": 2, "selector": "app=old"}
    stage.cluster.delete("Pod", "payments", stage.pods("old")[0]["metadata"]["name"], grace_seconds=0)
    await stage.wait(10)
    assert len(stage.pods("old")) == 2


async def test_a_cronjob_that_waits_for_its_run_keeps_the_time_of_that_run(stage):
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "sync", "image": "registry.example.com/sync:1"}]}}
    spec = {"schedule": "*/2 * * * *", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": {"template": template}}}
    sync = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "sync", "namespace": "payments"}, "spec": spec}
    await stage.apply(sync, seconds=150)
    began = stage.cluster.get("CronJob", "payments", "sync")["status"]["lastScheduleTime"]
    await stage.wait(600)
    assert len(stage.cluster.list("Job", "payments")) == 1
    assert stage.cluster.get("CronJob", "payments", "sync")["status"]["lastScheduleTime"] == began
    assert stage.events("JobAlreadyActive")
