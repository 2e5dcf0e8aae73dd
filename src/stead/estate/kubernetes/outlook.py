"""What weighs most in a cluster and what ends soon, from what is watched and measured anyway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import nlargest, nsmallest
from operator import itemgetter

from stead.domain.gauge import Gauge, Measure
from stead.domain.outlook import Outlook
from stead.estate.kubernetes.slices import Certificate, Pod
from stead.estate.kubernetes.view import View

TOP = 5
"""Of each, as many as people want to read in the morning."""


def outlook(view: View, gauges: Iterable[Gauge]) -> Outlook:
    restarts = [(_path(pod), sum(one.restart_count for one in pod.status.container_statuses)) for pod in view.all(Pod)]
    memory: dict[str, float] = defaultdict(float)
    volumes: dict[str, float] = {}
    for gauge in gauges:
        name = f"{gauge.subject.namespace}/{gauge.subject.name}"
        if gauge.measure is Measure.CONTAINER_MEMORY and gauge.series.last is not None and gauge.capacity > 1:
            memory[name] += gauge.series.last.value
        elif gauge.measure is Measure.VOLUME_BYTES:
            volumes[name] = max(gauge.part, volumes.get(name, 0.0))
    ends = [(_path(one), one.status.not_after) for one in view.all(Certificate) if one.status.not_after is not None]
    return Outlook(
        restarts=tuple(nlargest(TOP, [one for one in restarts if one[1]], key=itemgetter(1))),
        memory=tuple(nlargest(TOP, memory.items(), key=itemgetter(1))),
        volumes=tuple(nlargest(TOP, volumes.items(), key=itemgetter(1))),
        certificates=tuple(nsmallest(TOP, ends, key=itemgetter(1))),
    )


def _path(of: Pod | Certificate) -> str:
    return f"{of.metadata.namespace}/{of.metadata.name}"
