"""`python -m bench.estate_server FOLDER`: 10,000 pods in 50 namespaces on 100 nodes, served until stdin ends.

It says `ready: NOW` (the cluster's time) and then does what each line on stdin asks, answering `done: NOW`: `break N` makes N pods
crash-loop; `churn N SECONDS EVERY` makes N harmless status changes a second for so long, breaks one more pod every EVERY seconds, and
tells of each `broke: NAME MONOTONIC`, and at the end `made: CHANGES A SECOND`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stead.clocks import SteppedClock
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image

NODES, NAMESPACES, WIDE, NARROW = 100, 50, 90, 100
"""90 Deployments of 100 pods, and 100 of 10 that can be broken; each has a Service, a ConfigMap and a ServiceAccount."""
BAD = "registry.example.com/bad:1"
AGE = timedelta(minutes=40)
"""How long ago everything began: no deadline of a check is still to come."""


def objects(number: int, replicas: int) -> list[dict[str, Any]]:
    name, namespace = f"{'api' if replicas > 10 else 'job'}-{number}", f"team-{number % NAMESPACES}"
    meta = {"name": name, "namespace": namespace}
    container = {
        "name": "api",
        "image": "registry.example.com/api:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": name}}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": {"serviceAccountName": name, "containers": [container]}}
    spec = {"replicas": replicas, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": {"app": name}}, "template": template}
    port = {"name": "http", "port": 80, "targetPort": "http"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {f"KEY_{n}": "value" for n in range(10)}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": {"app": name}, "ports": [port]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
    ]


async def pass_time(cluster: PracticeCluster, clock: SteppedClock, span: timedelta) -> None:
    end = clock.now() + span
    await cluster.settle()
    while (due := cluster.next_due()) is not None and due <= end:
        clock.advance_to(due)
        await cluster.settle()
    clock.advance_to(end)


async def load(cluster: PracticeCluster, clock: SteppedClock) -> None:
    cluster.image(BAD, Image(exit_code=1, exit_logs=("error: connection to db.example.com:5432 refused",)))
    for number in range(NODES):
        cluster.add_node(f"node-{number}", cpu="64", memory="256Gi", pods="250")
    for number in range(NAMESPACES):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{number}"}})
    await cluster.settle()
    for number, replicas in [(n, 100) for n in range(WIDE)] + [(n, 10) for n in range(NARROW)]:
        cluster.apply(*objects(number, replicas))
    await pass_time(cluster, clock, timedelta(seconds=5))


async def break_pods(cluster: PracticeCluster, clock: SteppedClock, count: int) -> None:
    def broken(obj: dict[str, Any]) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = BAD

    for number in range(count // 10):
        cluster.edit("Deployment", f"team-{number % NAMESPACES}", f"job-{number}", broken)
    await pass_time(cluster, clock, timedelta(minutes=12))


async def churn(cluster: PracticeCluster, each_second: int, seconds: float, every: float) -> None:
    pods = [(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in cluster.list("Pod") if pod["metadata"]["name"][0] == "a"]
    # One of each Deployment, so that each is a finding of its own.
    victims = iter(list({name.rsplit("-", 2)[0]: (namespace, name) for namespace, name in pods}.values()))
    begun, made, broke = time.perf_counter(), 0, 0
    while (spent := time.perf_counter() - begun) < seconds:
        for _ in range(min(int(spent * each_second) - made, 20)):
            namespace, name = pods[made * 7919 % len(pods)]
            cluster.edit("Pod", namespace, name, lambda obj, n=made: obj["status"].update(message=f"change {n}"), subresource="status")
            made += 1
        if broke < int(spent / every):
            broke += 1
            namespace, name = next(victims)
            print(f"broke: {name} {time.monotonic()}", flush=True)
            cluster.edit("Pod", namespace, name, crash, subresource="status")
        await asyncio.sleep(0.002)
    print(f"made: {made / seconds:.0f}", flush=True)


def crash(pod: dict[str, Any]) -> None:
    status = pod["status"]["containerStatuses"][0]
    ended = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    last = {"exitCode": 1, "reason": "Error", "startedAt": ended, "finishedAt": ended}
    status["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}
    status.update(lastState={"terminated": last}, restartCount=9, ready=False)


async def serve(folder: Path) -> None:
    clock = SteppedClock(datetime.now(UTC) - AGE)
    cluster = PracticeCluster(clock, orphan_gc=False)
    await load(cluster, clock)
    await cluster.start(folder, controllers=False)
    cluster.kubeconfig("admin", folder / "kubeconfig")
    (folder / "token").write_text(cluster.token())
    print(f"ready: {clock.now().isoformat()}", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        match line.split():
            case ["break", count]:
                await break_pods(cluster, clock, int(count))
            case ["churn", each_second, seconds, every]:
                await churn(cluster, int(each_second), float(seconds), float(every))
            case _:
                break
        print(f"done: {clock.now().isoformat()}", flush=True)
    await cluster.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
