"""Failed pods that their workload has replaced."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pod_leftover import pod_leftover
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, deployment, owner, pod, replica_set


def look(*objects: Json) -> list[Finding]:
    return judge(pod_leftover, *objects, now=NOW)


def failed(**meta: object) -> Json:
    return pod(phase="Failed", statuses=[], meta=meta)


@pytest.mark.parametrize("objects", [[failed(), replica_set(), deployment()], [failed()]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "Leftover")


@pytest.mark.parametrize(
    "objects",
    [
        [pod()],
        [failed(ownerReferences=None)],
        [failed(ownerReferences=owner("Job", "import", "batch/v1"))],
        [failed(deletionTimestamp=ago(minutes=1))],
    ],
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
