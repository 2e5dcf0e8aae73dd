"""The fill of volumes over the last hours, as every kubelet exports it and a Prometheus server keeps it.

Source: `kubelet_volume_stats_*` of `k8s.io/kubernetes/pkg/kubelet/metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import PersistentVolumeClaim
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

_Claim = tuple[str, str]


class Prometheus:
    """One server. Opens its connection at the first read."""

    measures = frozenset(QUERIES)
    every = STEP.total_seconds()
    remembers = True
    wanted = True

    def __init__(self, target: PrometheusTarget, clock: Clock) -> None:
        self.name = "prometheus"
        self._server = PromQl(target)
        self._clock = clock

    async def read(self, view: View) -> Sequence[Reading]:
        found: list[Reading] = []
        for measure, (used, capacity) in QUERIES.items():
            sizes = {claim: samples[-1].value for claim, samples in (await self._range(capacity)).items() if samples}
            command = self._server.command(_BY_CLAIM.format(used))
            for claim, samples in (await self._range(used)).items():
                if samples and sizes.get(claim, 0.0) > 0:
                    subject = view.named(PersistentVolumeClaim, *claim)
                    found.append(Reading(measure=measure, subject=subject, samples=samples, capacity=sizes[claim], command=command))
        return found

    async def close(self) -> None:
        await self._server.close()

    async def _range(self, metric: str) -> Mapping[_Claim, tuple[Sample, ...]]:
        now = self._clock.now()
        results = await self._server.range(_BY_CLAIM.format(metric), now - SPAN, now, STEP)
        return {claim: one.samples for one in results if (claim := _claim(one)) is not None}


def _claim(one: Measured) -> _Claim | None:
    namespace, name = one.labels.get("namespace", ""), one.labels.get("persistentvolumeclaim", "")
    return (namespace, name) if namespace and name else None
