"""The kubelets' own summary: the fill of volumes where there is no Prometheus. Reached through the API server's node proxy.

Only where it was asked for: the right that it takes (`nodes/proxy`) reaches far beyond reading.
Source: `k8s.io/kubelet/pkg/apis/stats/v1alpha1`, "Summary", "VolumeStats".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from stead.domain.errors import BlindError, SteadError
from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.errors import as_blind
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import Node, PersistentVolumeClaim, Slice, Time
from stead.estate.kubernetes.view import View

AT_ONCE = 10
"""Kubelets that are asked at the same time."""


class _ClaimRef(Slice, frozen=True):
    name: str = ""
    namespace: str = ""


class _Volume(Slice, frozen=True):
    time: Time | None = None
    used_bytes: int | None = None
    capacity_bytes: int | None = None
    inodes_used: int | None = None
    inodes: int | None = None
    pvc_ref: _ClaimRef | None = None


class _Pod(Slice, frozen=True):
    volume: tuple[_Volume, ...] | None = None


class _Summary(Slice, frozen=True):
    pods: tuple[_Pod, ...] | None = None


class KubeletStats:
    """Asks the kubelet of every node."""

    name = "kubelet stats"
    measures = frozenset({Measure.VOLUME_BYTES, Measure.VOLUME_INODES})
    every = 60.0
    remembers = False
    wanted = True

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def read(self, view: View) -> Sequence[Reading]:
        """Of the nodes that answer. BlindError when none does; a node that is down is told by its own check."""
        turns = asyncio.Semaphore(AT_ONCE)
        names = sorted(node.metadata.name for node in view.all(Node))
        said = await asyncio.gather(*(self._node(name, view, turns) for name in names))
        failed = [one for one in said if isinstance(one, BlindError)]
        if failed and len(failed) == len(said):
            raise failed[0]
        return [reading for one in said if not isinstance(one, BlindError) for reading in one]

    async def close(self) -> None:
        """The client belongs to the estate."""

    async def _node(self, name: str, view: View, turns: asyncio.Semaphore) -> Sequence[Reading] | BlindError:
        path = f"/api/v1/nodes/{quote(name, safe='')}/proxy/stats/summary"
        command = f"kubectl get --raw {path}"
        try:
            async with turns:
                body = await self._client.get(path, what=f"read the stats of node {name}", command=command)
            summary = msgspec.json.decode(body, type=_Summary)
        except (SteadError, ValueError, RecursionError) as error:
            return as_blind(error, command)
        return list(_readings(summary, view, command))


def _readings(summary: _Summary, view: View, command: str) -> Iterator[Reading]:
    for volume in (volume for pod in summary.pods or () for volume in pod.volume or ()):
        if volume.pvc_ref is None or volume.time is None:
            continue
        subject = view.named(PersistentVolumeClaim, volume.pvc_ref.namespace, volume.pvc_ref.name)
        for measure, used, capacity in (
            (Measure.VOLUME_BYTES, volume.used_bytes, volume.capacity_bytes),
            (Measure.VOLUME_INODES, volume.inodes_used, volume.inodes),
        ):
            if used is not None and capacity:
                samples = (Sample(volume.time, float(used)),)
                yield Reading(measure=measure, subject=subject, samples=samples, capacity=float(capacity), command=command)
