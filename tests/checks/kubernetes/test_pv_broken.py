"""Volumes that can no longer be used."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.pv_broken import pv_broken
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, node


def volume(phase: str, policy: str = "Delete", since: str = "", hosts: list[str] | None = None, meta: Json | None = None) -> Json:
    spec: Json = {"persistentVolumeReclaimPolicy": policy, "claimRef": {"namespace": "payments", "name": "data"}}
    if hosts is not None:
        term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": hosts}]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
    return thing("PersistentVolume", "pv-1", meta, spec=spec, status={"phase": phase, "lastPhaseTransitionTime": since or ago(hours=1)})


def look(*objects: Json) -> list[Finding]:
    return judge(pv_broken, *objects, node(), now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [(volume("Failed"), "Failed"), (volume("Released"), "NotReclaimed"), (volume("Bound", hosts=["node-9"]), "NodeGone")],
)
def test_one_that_is_broken_is_told(sick: Json, reason: str) -> None:
    assert [(f.state, f.reason) for f in look(sick)] == [(FindingState.FIRING, reason)]


@pytest.mark.parametrize(
    "healthy",
    [
        volume("Bound"),
        volume("Available"),
        volume("Bound", hosts=["node-3", "node-9"]),
        volume("Released", "Retain"),
        volume("Failed", meta={"deletionTimestamp": ago(minutes=1)}),
        thing("PersistentVolume", spec={}, status={}),
    ],
)
def test_one_that_can_be_used_or_is_kept_is_silence(healthy: Any) -> None:
    assert look(healthy) == []


def test_reclaiming_is_given_time() -> None:
    assert [f.state for f in look(volume("Released", since=ago(minutes=2)))] == [FindingState.PROGRESSING]
