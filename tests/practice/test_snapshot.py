"""A cluster in a file goes on as the one that was kept; a file that is none is told so in one sentence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image

BAD, LEAKY = "registry.example.com/bad:1", "registry.example.com/leaky:1"
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data", "namespace": "default"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}


async def pass_time(cluster: PracticeCluster, clock: SteppedClock, seconds: float) -> None:
    await cluster.settle()
    clock.advance(timedelta(seconds=seconds))
    await cluster.settle()


async def troubled(clock: SteppedClock, make_deployment: Any, make_pod: Any) -> PracticeCluster:
    """Crash loops, a leak, a pod that waits for room, a failed pull, a job by the clock, a node that fails: much is pending."""
    cluster = PracticeCluster(clock, 7)
    for name in ("node-1", "node-2"):
        cluster.add_node(name)
    await cluster.settle()
    cluster.image(BAD, Image(exit_code=1, exit_after=3.5, logs=["hello"], exit_logs=["no luck"]))
    cluster.image(LEAKY, Image(memory_bytes=2**30, oom_after=20))
    cluster.image("registry.example.com/gone:1", Image(exists=False))
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}
    cluster.image("registry.example.com/slow:1", Image(never_ready=True))
    cluster.apply(
        make_deployment("bad", image=BAD, namespace="default"),
        make_deployment("leaky", image=LEAKY, namespace="default", resources={"limits": {"memory": "256Mi"}}),
        make_deployment("slow", image="registry.example.com/slow:1", namespace="default", readinessProbe=probe),
        make_deployment("gone", image="registry.example.com/gone:1", namespace="default", replicas=1),
        make_pod("big", namespace="default", resources={"requests": {"cpu": "100"}}),
        WIDGETS,
        CLAIM,
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "nightly", "namespace": "default"},
            "spec": {
                "schedule": "*/3 * * * *",
                "jobTemplate": {
                    "spec": {
                        "template": {
                            "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": BAD}]},
                        }
                    }
                },
            },
        },
    )
    await pass_time(cluster, clock, 200)
    cluster.fail_node("node-2")
    await pass_time(cluster, clock, 45)
    cluster.apply(make_deployment("bad", image="registry.example.com/other:1", namespace="default"))  # and nobody has reacted to it yet
    return cluster


async def go_on(cluster: PracticeCluster, clock: SteppedClock, make_deployment: Any) -> dict[str, Any]:
    """What is done and happens from then on, and all that it leaves."""
    await pass_time(cluster, clock, 400)
    cluster.restore_node("node-2")
    cluster.add_node("node-3", cpu="200")
    cluster.apply(make_deployment("new", image=BAD, namespace="default"))
    cluster.apply({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "default"}})
    cluster.delete("Deployment", "default", "leaky")
    await pass_time(cluster, clock, 400)
    assert cluster.faults == []
    kinds = ("Pod", "Deployment", "ReplicaSet", "Job", "CronJob", "Event", "Node", "Lease", "Widget", "PersistentVolumeClaim", "Namespace")
    return {"version": cluster.resource_version, "due": cluster.next_due(), **{kind: cluster.list(kind) for kind in kinds}}


async def test_a_restored_cluster_goes_on_as_the_original_would(tmp_path: Path, clock, make_deployment, make_pod):
    original = await troubled(clock, make_deployment, make_pod)
    original.snapshot(tmp_path / "a.snapshot")
    taken = PracticeCluster.snapshot_time(tmp_path / "a.snapshot")
    assert taken == clock.now()
    second_clock = SteppedClock(taken)
    copy = PracticeCluster.restore(tmp_path / "a.snapshot", second_clock)
    assert copy.resource_version == original.resource_version
    copy.snapshot(tmp_path / "b.snapshot")
    assert json.loads((tmp_path / "b.snapshot").read_text()) == json.loads((tmp_path / "a.snapshot").read_text())
    ours, theirs = await go_on(original, clock, make_deployment), await go_on(copy, second_clock, make_deployment)
    for part, value in ours.items():
        assert theirs[part] == value, part
    assert any(status["restartCount"] > 3 for pod in ours["Pod"] for status in pod["status"].get("containerStatuses", ()))


async def test_time_that_the_clock_is_ahead_passes_at_once(tmp_path: Path, clock, make_deployment, make_pod):
    original = await troubled(clock, make_deployment, make_pod)
    original.snapshot(tmp_path / "a.snapshot")
    late = PracticeCluster.restore(tmp_path / "a.snapshot", SteppedClock(clock.now() + timedelta(seconds=300)))
    await late.settle()
    await pass_time(original, clock, 300)
    assert late.list("Pod") == original.list("Pod")


async def test_users_keep_their_rights_but_not_their_tokens(stage, tmp_path: Path, session):
    old = stage.cluster.user("reader", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}], groups=["readers"])
    stage.cluster.snapshot(tmp_path / "a.snapshot")
    text = (tmp_path / "a.snapshot").read_text()
    assert old not in text
    assert stage.cluster.token() not in text
    assert (tmp_path / "a.snapshot").stat().st_mode & 0o077 == 0
    copy = PracticeCluster.restore(tmp_path / "a.snapshot", SteppedClock(stage.clock.now()))
    assert copy.token("reader") not in (old, "")


async def test_a_snapshot_is_not_restored_into_the_past(stage, tmp_path: Path):
    await stage.wait(60)
    stage.cluster.snapshot(tmp_path / "a.snapshot")
    with pytest.raises(UserError, match="was taken at 2026-01-05T09:01:00") as refused:
        PracticeCluster.restore(tmp_path / "a.snapshot", SteppedClock(stage.clock.now() - timedelta(seconds=1)))
    assert "does not go back" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read: No such file"),
        ("", "it is not whole JSON"),
        ("[1]", "does not begin with the form"),
        ('{"form": "stead practice snapshot 0"}', "does not begin with the form"),
        ("changed:Run:Walk", "there is no stead.practice.kubelet.runs:Walk"),
        ("changed:stead.practice.kubelet.runs:os:system", "there is no os"),
        ('changed:"exists":"existed":', "is made otherwise now"),
    ],
)
async def test_a_file_that_is_no_snapshot_is_told_so(stage, tmp_path: Path, make_pod, text: str | None, why: str):
    path = tmp_path / "a.snapshot"
    if text is not None and text.startswith("changed:"):
        await stage.apply(make_pod(), seconds=5)
        stage.cluster.snapshot(path)
        path.write_text(changed(path.read_text(), text.removeprefix("changed:")))
    elif text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=why):
        PracticeCluster.restore(path, SteppedClock(datetime.fromisoformat("2027-01-01T00:00:00+00:00")))


def changed(whole: str, how: str) -> str:
    old, _, new = how.rpartition(":") if not how.endswith(":") else how.removesuffix(":").partition(":")
    if how.startswith("stead"):
        return whole.replace("stead.practice.kubelet.runs:Run", "os:system")
    return whole.replace(f"runs:{old}", f"runs:{new}") if not how.endswith(":") else whole.replace(old + ":", new + ":")
