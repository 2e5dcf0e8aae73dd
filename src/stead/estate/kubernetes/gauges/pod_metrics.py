"""metrics.k8s.io: the memory of containers, as `kubectl top pods --containers` shows it. One request a round, whatever runs.

Source: `k8s.io/metrics/pkg/apis/metrics/v1beta1`, "PodMetrics", "ContainerMetrics". The memory is the working set.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import msgspec

from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.errors import as_blind
from stead.estate.kubernetes.gauges.containers import NEAR, memory_limits
from stead.estate.kubernetes.gauges.quantity import parse_quantity
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import Object, Pod, Slice, Time
from stead.estate.kubernetes.view import View

PATH = "/apis/metrics.k8s.io/v1beta1/pods"
COMMAND = "kubectl top pods -A --containers"


class _Usage(Slice, frozen=True):
    memory: str = ""


class _Container(Slice, frozen=True):
    name: str = ""
    usage: _Usage = _Usage()


class _PodMetrics(Object, frozen=True):
    timestamp: Time | None = None
    containers: tuple[_Container, ...] | None = None


class _Listed(Slice, frozen=True):
    items: tuple[_PodMetrics, ...] | None = None


class PodMetrics:
    """Read through the read identity of the cluster."""

    name = "pods.metrics.k8s.io"
    measures = frozenset({Measure.CONTAINER_MEMORY})
    every = 60.0
    remembers = False
    wanted = False

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def read(self, view: View) -> Sequence[Reading]:
        """Of the containers that are near their limit."""
        body = await self._client.get(PATH, what="read the usage of pods", command=COMMAND)
        try:
            listed = msgspec.json.decode(body, type=_Listed)
        except (ValueError, RecursionError) as error:
            raise as_blind(error, COMMAND) from error
        return [reading for one in listed.items or () for reading in _readings(one, view)]

    async def close(self) -> None:
        """The client belongs to the estate."""


def _readings(one: _PodMetrics, view: View) -> Iterator[Reading]:
    pod = view.get(Pod, one.metadata.namespace, one.metadata.name)
    if pod is None or one.timestamp is None:
        return
    limits = memory_limits(pod)
    for container in one.containers or ():
        try:
            used, limit = parse_quantity(container.usage.memory), limits[container.name]
        except (KeyError, ValueError):
            continue
        if used > NEAR * limit:
            yield Reading(
                measure=Measure.CONTAINER_MEMORY,
                subject=view.subject(pod),
                samples=(Sample(one.timestamp, used),),
                capacity=limit,
                command=shlex.join(["kubectl", "-n", pod.metadata.namespace, "top", "pod", pod.metadata.name, "--containers"]),
                container=container.name,
                top=view.top(pod),
            )
