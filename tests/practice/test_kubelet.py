"""What a kubelet does with a pod, by the clock: the exact curve of back-offs, and the real words for what went wrong."""

from __future__ import annotations

import itertools

import pytest

from stead.practice import timestamps
from stead.practice.images import Image


def reference(kind: str, key: str = "K", *, optional: bool = False) -> list[dict]:
    return [{"name": "K", "valueFrom": {f"{kind}KeyRef": {"name": "settings", "key": key, "optional": optional}}}]


async def test_restarts_back_off_from_ten_seconds_to_five_minutes(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(exit_code=1, exit_after=1, pull_seconds=0))
    starts: list[str] = []
    stage.cluster.apply(make_pod())
    for _ in range(4400):
        await stage.wait(0.5)
        started = (container_status(stage.pods()[0])["state"].get("running") or {}).get("startedAt")
        if started and started not in starts:
            starts.append(started)
    moments = [timestamps.parse(text) for text in starts]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments)]
    # Each gap is one second of running and then the wait; the first restart waits only until the end is noticed.
    assert gaps[:11] == [2, 11, 21, 41, 81, 161, 301, 301, 301, 301, 301]


async def test_a_crash_loop_says_so_in_status_and_events(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(exit_code=1, exit_after=1))
    await stage.apply(make_pod(), seconds=60)
    pod = stage.pods()[0]
    uid = pod["metadata"]["uid"]
    status = container_status(pod)
    assert status["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": f"back-off 40s restarting failed container=main pod=one_payments({uid})",
    }
    assert status["lastState"]["terminated"]["reason"] == "Error"
    event = stage.events("BackOff")[0]
    assert event["message"] == f"Back-off restarting failed container main in pod one_payments({uid})"
    assert event["type"] == "Warning"
    assert event["count"] > 1
    assert pod["status"]["phase"] == "Running"
    conditions = {c["type"]: c["status"] for c in pod["status"]["conditions"]}
    assert conditions == {
        "PodReadyToStartContainers": "True", "Initialized": "True", "Ready": "False", "ContainersReady": "False", "PodScheduled": "True",
    }  # fmt: skip


async def test_memory_over_the_limit_is_oom_killed(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(memory_bytes=600 * 2**20))
    await stage.apply(make_pod(resources={"limits": {"memory": "512Mi"}}), seconds=5)
    ended = container_status(stage.pods()[0])["lastState"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
    await stage.apply(make_pod("roomy", resources={"limits": {"memory": "1Gi"}}), seconds=5)
    assert container_status(stage.cluster.get("Pod", "payments", "roomy"))["ready"]


async def test_an_image_that_is_not_there(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:9", Image(exists=False))
    await stage.apply(make_pod(image="registry.example.com/api:9"), seconds=1)
    waiting = container_status(stage.pods()[0])["state"]["waiting"]
    assert waiting["reason"] == "ErrImagePull"
    assert waiting["message"] == (
        'rpc error: code = NotFound desc = failed to pull and unpack image "registry.example.com/api:9": failed to resolve reference '
        '"registry.example.com/api:9": registry.example.com/api:9: not found'
    )
    await stage.wait(2)
    assert container_status(stage.pods()[0])["state"]["waiting"]["reason"] == "ImagePullBackOff"
    assert [event["message"] for event in stage.events("BackOff")] == ['Back-off pulling image "registry.example.com/api:9"']
    stage.cluster.image("registry.example.com/api:9", Image())
    await stage.wait(30)
    assert container_status(stage.pods()[0])["ready"]


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (reference("configMap"), 'configmap "settings" not found'),
        (reference("secret"), 'secret "settings" not found'),
    ],
)
async def test_missing_configuration_is_a_config_error(stage, make_pod, container_status, env, message):
    await stage.apply(make_pod(env=env), seconds=20)
    waiting = container_status(stage.pods()[0])["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": message}
    assert f"Error: {message}" in [event["message"] for event in stage.events("Failed")]


async def test_a_missing_key_is_named_and_its_arrival_heals(stage, make_pod, container_status):
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "payments"}, "data": {"other": "1"}}
    await stage.apply(settings, make_pod(env=reference("configMap")), make_pod("lax", env=reference("configMap", optional=True)), seconds=5)
    one, lax = stage.cluster.get("Pod", "payments", "one"), stage.cluster.get("Pod", "payments", "lax")
    assert container_status(one)["state"]["waiting"]["message"] == "couldn't find key K in ConfigMap payments/settings"
    assert container_status(lax)["ready"]
    await stage.apply({**settings, "data": {"K": "v"}}, seconds=30)
    assert container_status(stage.cluster.get("Pod", "payments", "one"))["ready"]


async def test_a_volume_of_a_missing_configmap_is_not_mounted(stage, make_pod, container_status):
    volume = {"volumes": [{"name": "cfg", "configMap": {"name": "files"}}], "volumeMounts": [{"name": "cfg", "mountPath": "/etc/cfg"}]}
    await stage.apply(make_pod(**volume), seconds=30)
    assert container_status(stage.pods()[0])["state"]["waiting"]["reason"] == "ContainerCreating"
    event = stage.events("FailedMount")[0]
    assert event["message"] == 'MountVolume.SetUp failed for volume "cfg" : configmap "files" not found'
    assert event["count"] > 3
    await stage.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "files", "namespace": "payments"}}, seconds=60)
    assert container_status(stage.pods()[0])["ready"]


async def test_readiness_comes_when_the_probe_succeeds(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(ready_after=25, pull_seconds=0))
    await stage.apply(make_pod(readinessProbe={"httpGet": {"port": 80}, "periodSeconds": 10}), seconds=24)
    assert not container_status(stage.pods()[0])["ready"]
    assert stage.events("Unhealthy")[0]["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    await stage.wait(1)
    assert container_status(stage.pods()[0])["ready"]


async def test_a_dead_liveness_probe_restarts_the_container(stage, make_pod, container_status):
    stage.cluster.image("registry.example.com/api:1", Image(live_until=60))
    await stage.apply(make_pod(livenessProbe={"httpGet": {"port": 80}}), seconds=75)
    assert container_status(stage.pods()[0])["restartCount"] == 0
    await stage.wait(20)
    assert container_status(stage.pods()[0])["restartCount"] == 1
    assert "Container main failed liveness probe, will be restarted" in [event["message"] for event in stage.events("Killing")]


async def test_a_deleted_pod_is_given_its_grace(stage, make_pod):
    stage.cluster.image("registry.example.com/api:1", Image(stop_seconds=600))
    await stage.apply(make_pod(), seconds=5)
    stage.cluster.delete("Pod", "payments", "one")
    await stage.wait(29)
    assert stage.cluster.get("Pod", "payments", "one")["metadata"]["deletionGracePeriodSeconds"] == 30
    assert [event["message"] for event in stage.events("Killing")] == ["Stopping container main"]
    await stage.wait(2)
    assert stage.cluster.get("Pod", "payments", "one") is None


async def test_init_containers_go_first_and_hold_the_rest(stage, make_pod):
    stage.cluster.image("registry.example.com/migrate:1", Image(exit_code=0, exit_after=30))
    init = [{"name": "migrate", "image": "registry.example.com/migrate:1"}]
    await stage.apply(make_pod(initContainers=init), seconds=20)
    pod = stage.pods()[0]
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
    await stage.wait(20)
    pod = stage.pods()[0]
    assert pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    assert pod["status"]["phase"] == "Running"


@pytest.mark.parametrize(
    ("policy", "code", "phase", "restarts"), [("Never", 0, "Succeeded", 0), ("Never", 4, "Failed", 0), ("OnFailure", 0, "Succeeded", 0)]
)
async def test_the_restart_policy_decides_the_end(stage, make_pod, container_status, policy, code, phase, restarts):
    stage.cluster.image("registry.example.com/api:1", Image(exit_code=code))
    await stage.apply(make_pod(restartPolicy=policy), seconds=60)
    pod = stage.pods()[0]
    assert (pod["status"]["phase"], container_status(pod)["restartCount"]) == (phase, restarts)
