"""metrics.k8s.io: the CPU and memory of nodes, as `kubectl top nodes` shows them. Comes with metrics-server, or k3s.

Source: `k8s.io/metrics/pkg/apis/metrics/v1beta1`, "NodeMetrics".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.errors import as_blind
from stead.estate.kubernetes.gauges.quantity import parse_quantity
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import Node, Object, Slice, Time
from stead.estate.kubernetes.view import View

PATH = "/apis/metrics.k8s.io/v1beta1/nodes"
COMMAND = "kubectl top nodes"
_MEASURES = {"cpu": Measure.NODE_CPU, "memory": Measure.NODE_MEMORY}


class _NodeMetrics(Object, frozen=True):
    timestamp: Time | None = None
    usage: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class _Listed(Slice, frozen=True):
    items: tuple[_NodeMetrics, ...] | None = None


class ResourceMetrics:
    """Read through the read identity of the cluster."""

    name = "nodes.metrics.k8s.io"
    measures = frozenset(_MEASURES.values())
    every = 60.0
    remembers = False
    wanted = False

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def read(self, view: View) -> Sequence[Reading]:
        body = await self._client.get(PATH, what="read the usage of nodes", command=COMMAND)
        try:
            listed = msgspec.json.decode(body, type=_Listed)
        except (ValueError, RecursionError) as error:
            raise as_blind(error, COMMAND) from error
        return [reading for one in listed.items or () for reading in _readings(one, view)]

    async def close(self) -> None:
        """The client belongs to the estate."""


def _readings(one: _NodeMetrics, view: View) -> Iterator[Reading]:
    node = view.get(Node, "", one.metadata.name)
    if node is None or one.timestamp is None:
        return
    for resource, measure in _MEASURES.items():
        try:
            used, capacity = parse_quantity(one.usage[resource]), parse_quantity(node.status.allocatable[resource])
        except (KeyError, ValueError):
            continue  # a node that does not tell how much it has cannot be too full
        if capacity > 0:
            sample = Sample(one.timestamp, used)
            yield Reading(measure=measure, subject=view.subject(node), samples=(sample,), capacity=capacity, command=COMMAND)
