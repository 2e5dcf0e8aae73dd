"""Out-of-memory kills: told while they matter."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.container_oom import container_oom
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, container_status, ended, pod, waiting

KILLED = ended(137, "OOMKilled")


@pytest.mark.parametrize(
    "sick",
    [
        waiting("CrashLoopBackOff", restartCount=4, lastState=KILLED),
        container_status(restartCount=1, lastState=KILLED),
        container_status(ready=False, state=KILLED),
    ],
)
def test_a_kill_is_told_with_its_exit_code(sick: Json) -> None:
    (found,) = judge(container_oom, pod(statuses=[sick]), now=NOW)
    assert (found.reason, found.container) == ("OOMKilled", "app")
    assert found.evidence[0].value == "exit code 137 (OOMKilled)"


@pytest.mark.parametrize(
    "healthy",
    [
        pod(),
        pod(statuses=[container_status(lastState=ended(137, "OOMKilled", finished=ago(hours=3)))]),
        pod(statuses=[container_status(lastState=ended(137, "Error"))]),
        pod(meta={"deletionTimestamp": ago(minutes=1)}, statuses=[container_status(lastState=KILLED)]),
        pod(phase="Failed", statuses=[container_status(ready=False, state=KILLED)]),
    ],
)
def test_what_is_over_or_no_such_kill_is_silence(healthy: Json) -> None:
    assert judge(container_oom, healthy, now=NOW) == []


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"memory": "256Mi"}, "was killed for passing its memory limit of 256Mi"),
        ({"cpu": "1"}, "was killed for want of memory, though it has no memory limit of its own"),
    ],
)
def test_the_limit_is_named_and_where_there_is_none_that_is_said(limits: Json, why: str) -> None:
    spec = {"containers": [{"name": "app", "image": "example.com/api:12", "resources": {"limits": limits}}]}
    (found,) = judge(container_oom, pod(spec=spec, statuses=[container_status(restartCount=1, lastState=KILLED)]), now=NOW)
    assert found.summary.endswith(why)
