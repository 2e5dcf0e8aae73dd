"""A claim asks for more room, where that can be had, and at most twice as much."""

from collections.abc import Callable
from typing import Any

import pytest

from stead.actions.expand_volume import expand_volume
from stead.domain.action import Action
from stead.domain.parameter import wrong
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster

Decide = Callable[..., Action]


def claim(cluster: BareCluster, *, expands: bool = True, phase: str = "Bound", has: str = "10Gi") -> Subject:
    storage: dict[str, Any] = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}}
    cluster.put({**storage, "provisioner": "csi.example.com", "allowVolumeExpansion": expands})
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    status = {"phase": phase, "capacity": {"storage": has}}
    metadata = {"name": "data", "namespace": "payments"}
    cluster.put({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec, "status": status})
    return cluster.subject("PersistentVolumeClaim", "data")


async def test_it_asks_for_more(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("expand_volume", claim(cluster), size="15Gi")
    assert await expand_volume.preflight(action, estate) == ""
    applied = await expand_volume.apply(action, estate, estate.hands())
    live = cluster.get("PersistentVolumeClaim", "data")
    assert live is not None
    assert live["spec"]["resources"]["requests"]["storage"] == "15Gi"
    assert await expand_volume.landed(action, estate)
    assert applied.undo is None, "volumes do not shrink"


@pytest.mark.parametrize(
    ("given", "size", "why"),
    [
        ({}, "10Gi", "asks for 10Gi already"),
        ({}, "5Gi", "asks for 10Gi already"),
        ({}, "30Gi", "more than twice"),
        ({"phase": "Pending"}, "15Gi", "no volume is bound"),
        ({"has": "5Gi"}, "15Gi", "being expanded already"),
        ({"expands": False}, "15Gi", "its storage class fast cannot expand it"),
    ],
)
async def test_what_speaks_against_it(cluster: BareCluster, estate: Estate, decide: Decide, given: dict[str, Any], size: str, why: str):
    assert why in await expand_volume.preflight(decide("expand_volume", claim(cluster, **given), size=size), estate)


@pytest.mark.parametrize("size", ["", "0Gi", "10", "-5Gi", "10Gi; rm", "99999999Gi"])
def test_what_is_no_size_is_refused(size: str):
    assert wrong(expand_volume.parameters, {"size": size}) == "`size` is not written as it must be"
