"""Autoscalers: what they make of the figures, and how they say it."""

from __future__ import annotations

import pytest

from stead.practice.images import Image

IMAGE = "registry.example.com/api:1"


def autoscaler(target: str = "api", *, least: int = 1, most: int = 5, metrics: list | None = None, **spec) -> dict:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    body = {"scaleTargetRef": reference, "minReplicas": least, "maxReplicas": most, "metrics": metrics or [cpu], **spec}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "api", "namespace": "payments"},
        "spec": body,
    }


@pytest.fixture
def busy(stage, make_deployment):
    """Two replicas, each of which asks for 100m and uses so many thousandths of a CPU."""

    async def made(millis: int, replicas: int = 2, **container) -> None:
        stage.cluster.image(IMAGE, Image(cpu_millis=millis, memory_bytes=64 * 2**20))
        asked = container or {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
        await stage.apply(make_deployment(replicas=replicas, **asked), seconds=30)

    return made


def told(stage) -> dict[str, tuple[str, str, str]]:
    status = stage.cluster.get("HorizontalPodAutoscaler", "payments", "api")["status"]
    return {c["type"]: (c["status"], c["reason"], c["message"]) for c in status["conditions"]}


def replicas(stage) -> int:
    return stage.cluster.get("Deployment", "payments", "api")["spec"]["replicas"]


async def test_a_busy_deployment_grows_to_its_bound(stage, busy, kubectl):
    await busy(150)
    await stage.apply(autoscaler(), seconds=20)
    assert replicas(stage) == 5
    assert stage.events("SuccessfulRescale")[0]["message"] == (
        "New size: 5; reason: cpu resource utilization (percentage of request) above target"
    )
    assert told(stage) == {
        "AbleToScale": ("True", "SucceededRescale", "the HPA controller was able to update the target scale to 5"),
        "ScalingActive": (
            "True", "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
        ),
        "ScalingLimited": ("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count"),
    }  # fmt: skip
    [line] = await kubectl.table("get", "hpa", "-n", "payments")
    assert (line["REFERENCE"], line["TARGETS"], line["MINPODS"], line["MAXPODS"]) == ("Deployment/api", "cpu: 150%/50%", "1", "5")


async def test_an_idle_one_shrinks_only_after_five_minutes(stage, busy):
    await busy(60)
    await stage.apply(autoscaler(most=10), seconds=40)
    assert replicas(stage) == 3
    stage.cluster.image(IMAGE, Image(cpu_millis=1))
    await stage.wait(120)
    assert replicas(stage) == 3
    assert told(stage)["AbleToScale"] == (
        "True", "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation",
    )  # fmt: skip
    await stage.wait(300)
    assert replicas(stage) == 1
    assert stage.events("SuccessfulRescale")[-1]["message"] == "New size: 1; reason: All metrics below target"


async def test_what_is_near_the_target_stays(stage, busy):
    await busy(53)
    await stage.apply(autoscaler(), seconds=60)
    assert replicas(stage) == 2
    assert told(stage)["AbleToScale"] == ("True", "ReadyForNewScale", "recommended size matches current size")
    assert told(stage)["ScalingLimited"] == ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
    current = stage.cluster.get("HorizontalPodAutoscaler", "payments", "api")["status"]["currentMetrics"]
    assert current == [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 53, "averageValue": "53m"}}}]


async def test_without_a_request_there_is_no_utilization(stage, busy):
    await busy(50, replicas=1, env=[])
    await stage.apply(autoscaler(), seconds=20)
    pod = stage.pods("api")[0]["metadata"]["name"]
    why = f"failed to get cpu utilization: missing request for cpu in container api of Pod {pod}"
    assert told(stage)["ScalingActive"] == (
        "False", "FailedGetResourceMetric", f"the HPA was unable to compute the replica count: {why}",
    )  # fmt: skip
    assert stage.events("FailedGetResourceMetric")[0]["message"] == why
    assert stage.events("FailedComputeMetricsReplicas")[0]["message"] == (
        f"invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {why}"
    )
    assert replicas(stage) == 1


async def test_a_target_that_is_not_there_is_named(stage):
    await stage.apply(autoscaler("ghost"), seconds=20)
    assert told(stage)["AbleToScale"] == (
        "False", "FailedGetScale", 'the HPA controller was unable to get the target\'s current scale: deployments.apps "ghost" not found',
    )  # fmt: skip


async def test_a_target_at_zero_is_left_there(stage, busy):
    await busy(150, replicas=0)
    await stage.apply(autoscaler(), seconds=20)
    assert told(stage)["ScalingActive"][1] == "ScalingDisabled"
    assert replicas(stage) == 0


async def test_bounds_hold_whatever_the_figures_are(stage, busy):
    await busy(50, replicas=1)
    await stage.apply(autoscaler(least=3), seconds=20)
    assert replicas(stage) == 3
    assert stage.events("SuccessfulRescale")[0]["message"] == "New size: 3; reason: Current number of replicas below Spec.MinReplicas"


async def test_metrics_of_servers_that_are_not_there_say_so(stage, busy):
    await busy(50)
    queue = {"type": "External", "external": {"metric": {"name": "queue_depth"}, "target": {"type": "Value", "value": "10"}}}
    await stage.apply(autoscaler(metrics=[queue]), seconds=20)
    assert told(stage)["ScalingActive"][1] == "FailedGetExternalMetric"
    assert "unable to get external metric payments/queue_depth/nil" in told(stage)["ScalingActive"][2]


async def test_an_average_of_memory_counts_too(stage, busy):
    await busy(1)
    memory = {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "32Mi"}}}
    await stage.apply(autoscaler(metrics=[memory]), seconds=20)
    assert replicas(stage) == 4
    assert stage.events("SuccessfulRescale")[0]["message"] == "New size: 4; reason: memory resource above target"
