"""Volumes that nobody uses any more and that are kept."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pv_released import pv_released
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago


def look(*objects: Json) -> list[Finding]:
    return judge(pv_released, *objects, now=NOW)


def volume(phase: str = "Released", policy: str = "Retain", **meta: str) -> Json:
    spec = {"persistentVolumeReclaimPolicy": policy, "claimRef": {"namespace": "payments", "name": "data"}}
    return thing("PersistentVolume", "pv-1", meta, spec=spec, status={"phase": phase})


@pytest.mark.parametrize("objects", [[volume()]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "Released")


@pytest.mark.parametrize("objects", [[volume("Bound")], [volume(policy="Delete")], [volume(deletionTimestamp=ago(minutes=1))]])
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
