"""What a Prometheus server knows of volumes, nodes and containers over the last hours.

Sources: `kubelet_volume_stats_*` of `k8s.io/kubernetes/pkg/kubelet/metrics`; `container_*` of cAdvisor (its docs, "Monitoring cAdvisor with
Prometheus"), scraped from the kubelets; `node_*` of node_exporter. Of what is not scraped there are no series, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.gauges.containers import NEAR
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import Node, PersistentVolumeClaim, Pod
from stead.estate.kubernetes.view import View
from stead.estate.promql import Measured, PrometheusTarget, PromQl
from stead.ports import Clock

SPAN, STEP = timedelta(hours=6), timedelta(minutes=5)
QUERIES = {
    Measure.VOLUME_BYTES: ("kubelet_volume_stats_used_bytes", "kubelet_volume_stats_capacity_bytes"),
    Measure.VOLUME_INODES: ("kubelet_volume_stats_inodes_used", "kubelet_volume_stats_inodes"),
}
"""What is in use, and how much there is. A claim that several nodes mount is told by each of them: the largest counts."""
_BY_CLAIM = "max by (namespace, persistentvolumeclaim) ({})"

_NAMED = "* on (instance) group_left (nodename) max by (instance, nodename) (node_uname_info)"
NODES = {
    Measure.NODE_CPU: f'(1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle"}}[5m]))) {_NAMED}',
    Measure.NODE_MEMORY: "(1 - max by (instance) (node_memory_MemAvailable_bytes)"
    f" / max by (instance) (node_memory_MemTotal_bytes)) {_NAMED}",
}
"""Parts in use of what the machine has. A node is known by its host name, which `node_uname_info` tells."""

_BY_CONTAINER = "by (namespace, pod, container)"
_REAL = '{container!="",container!="POD"}'
CONTAINERS = {
    Measure.CONTAINER_MEMORY: f"max {_BY_CONTAINER} (container_memory_working_set_bytes{_REAL})"
    f" / max {_BY_CONTAINER} (container_spec_memory_limit_bytes{_REAL} > 0) > {NEAR}",
    Measure.CONTAINER_THROTTLED: f"sum {_BY_CONTAINER} (rate(container_cpu_cfs_throttled_periods_total{_REAL}[5m]))"
    f" / sum {_BY_CONTAINER} (rate(container_cpu_cfs_periods_total{_REAL}[5m])) > 0.25",
}
"""Parts of the limit. The server leaves out what is far from it: of ten thousand containers a few are answered."""

_Claim = tuple[str, str]


class Prometheus:
    """One server. Opens its connection at the first read."""

    measures = frozenset({*QUERIES, *NODES, *CONTAINERS})
    every = STEP.total_seconds()
    remembers = True
    wanted = True

    def __init__(self, target: PrometheusTarget, clock: Clock) -> None:
        self.name = "prometheus"
        self._server = PromQl(target)
        self._clock = clock

    async def read(self, view: View) -> Sequence[Reading]:
        return [*await self._volumes(view), *await self._nodes(view), *await self._containers(view)]

    async def close(self) -> None:
        await self._server.close()

    async def _volumes(self, view: View) -> Sequence[Reading]:
        found: list[Reading] = []
        for measure, (used, capacity) in QUERIES.items():
            sizes = {claim: samples[-1].value for claim, samples in (await self._claims(capacity)).items() if samples}
            command = self._server.command(_BY_CLAIM.format(used))
            for claim, samples in (await self._claims(used)).items():
                if samples and sizes.get(claim, 0.0) > 0:
                    subject = view.named(PersistentVolumeClaim, *claim)
                    found.append(Reading(measure=measure, subject=subject, samples=samples, capacity=sizes[claim], command=command))
        return found

    async def _nodes(self, view: View) -> Sequence[Reading]:
        found: list[Reading] = []
        for measure, query in NODES.items():
            command = self._server.command(query)
            for one in await self._range(query):
                node = view.get(Node, "", one.labels.get("nodename", ""))
                if node is not None and one.samples:
                    subject = view.subject(node)
                    found.append(Reading(measure=measure, subject=subject, samples=one.samples, capacity=1.0, command=command))
        return found

    async def _containers(self, view: View) -> Sequence[Reading]:
        said = {measure: await self._range(query) for measure, query in CONTAINERS.items()}
        return [reading for measure, found in said.items() for one in found for reading in self._of(one, measure, view)]

    def _of(self, one: Measured, measure: Measure, view: View) -> Iterator[Reading]:
        namespace, name, container = (one.labels.get(label, "") for label in ("namespace", "pod", "container"))
        pod = view.get(Pod, namespace, name)
        if pod is None or not container or not one.samples:
            return
        command = self._server.command(CONTAINERS[measure])
        yield Reading(
            measure=measure,
            subject=view.subject(pod),
            samples=one.samples,
            capacity=1.0,
            command=command,
            container=container,
            top=view.top(pod),
        )

    async def _range(self, query: str) -> Sequence[Measured]:
        now = self._clock.now()
        return await self._server.range(query, now - SPAN, now, STEP)

    async def _claims(self, metric: str) -> Mapping[_Claim, tuple[Sample, ...]]:
        results = await self._range(_BY_CLAIM.format(metric))
        return {claim: one.samples for one in results if (claim := _claim(one)) is not None}


def _claim(one: Measured) -> _Claim | None:
    namespace, name = one.labels.get("namespace", ""), one.labels.get("persistentvolumeclaim", "")
    return (namespace, name) if namespace and name else None
