"""The same seed and the same steps give the same cluster; and how large the steps are makes no difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stead.clocks import SteppedClock
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image

KINDS = ("Pod", "Deployment", "ReplicaSet", "Event", "Node", "Lease")


async def run(step: float, make_deployment, seed: int = 7) -> dict:
    """Ten minutes of crash loops, a rollout and a node that fails, with the clock moved in equal steps."""
    clock = SteppedClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    cluster = PracticeCluster(clock, seed)
    for name in ("node-1", "node-2"):
        cluster.add_node(name)
    await cluster.settle()
    cluster.image("registry.example.com/bad:1", Image(exit_code=1, exit_after=3.5))
    cluster.apply(make_deployment("bad", image="registry.example.com/bad:1", namespace="default"))
    cluster.apply(make_deployment("good", namespace="default"))
    cluster.fail_node("node-2")
    for _ in range(int(600 / step)):
        clock.advance(timedelta(seconds=step))
        await cluster.settle()
    assert cluster.faults == []
    return {"version": cluster.resource_version, **{kind: cluster.list(kind) for kind in KINDS}}


async def test_a_run_repeats_itself(make_deployment):
    assert await run(5, make_deployment) == await run(5, make_deployment)


async def test_another_seed_names_things_otherwise(make_deployment):
    one, two = await run(60, make_deployment), await run(60, make_deployment, seed=8)
    assert {pod["metadata"]["name"] for pod in one["Pod"]}.isdisjoint(pod["metadata"]["name"] for pod in two["Pod"])


async def test_one_leap_is_many_steps(make_deployment):
    small, large = await run(0.5, make_deployment), await run(600, make_deployment)
    for kind in KINDS:
        assert small[kind] == large[kind], kind
