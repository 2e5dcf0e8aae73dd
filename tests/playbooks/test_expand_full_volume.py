"""A volume that runs full gets half as much again, where that can be had."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.expand_full_volume import bigger, expand_full_volume
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster

Finds = Callable[..., Finding]


def claim(cluster: BareCluster, *, expands: bool) -> Subject:
    storage: dict[str, Any] = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}}
    cluster.put({**storage, "provisioner": "csi.example.com", "allowVolumeExpansion": expands})
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    metadata = {"name": "data", "namespace": "payments"}
    cluster.put({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec, "status": {"phase": "Bound"}})
    return cluster.subject("PersistentVolumeClaim", "data")


async def test_it_fits(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    subject = claim(cluster, expands=True)
    (request,) = await expand_full_volume.propose([finds("volume_filling", subject, reason="VolumeFull")], estate, soon)
    assert (request.verb, request.subject, request.parameters) == ("expand_volume", subject, {"size": "15Gi"})


async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    subject = claim(cluster, expands=False)
    assert not await expand_full_volume.propose([finds("volume_filling", subject, reason="VolumeFull")], estate, soon)
    subject = claim(cluster, expands=True)
    assert not await expand_full_volume.propose([finds("volume_filling", subject, reason="InodesFull")], estate, soon)


@pytest.mark.parametrize(
    ("size", "then"),
    [("10Gi", "15Gi"), ("1Gi", "2Gi"), ("100Mi", "150Mi"), ("1500Mi", "3Gi"), ("1Ti", "1536Gi"), ("", ""), ("x", ""), ("5", "")],
)
def test_half_as_much_again_in_whole_numbers(size: str, then: str):
    assert bigger(size) == then
