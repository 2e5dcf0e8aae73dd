"""Images that cannot be had."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.image_pull import image_pull
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, ago, condition, pod, waiting

YOUNG = [condition("PodScheduled", since=ago(seconds=20)), condition("Ready", "False", ago(seconds=20))]


@pytest.mark.parametrize(
    ("waits", "reason"),
    [
        ("ErrImagePull", "ImagePullFailed"),
        ("ImagePullBackOff", "ImagePullFailed"),
        ("RegistryUnavailable", "ImagePullFailed"),
        ("InvalidImageName", "InvalidImageName"),
        ("ErrImageNeverPull", "ErrImageNeverPull"),
    ],
)
def test_an_image_that_cannot_be_had_is_named(waits: str, reason: str) -> None:
    (found,) = judge(image_pull, pod(phase="Pending", statuses=[waiting(waits, "not found")]), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert "example.com/api:12" in found.summary


def test_a_first_failure_is_given_a_minute_unless_it_is_hopeless() -> None:
    def state(waits: str) -> FindingState:
        return judge(image_pull, pod(statuses=[waiting(waits)], conditions=YOUNG), now=NOW)[0].state

    assert state("ErrImagePull") is FindingState.PROGRESSING
    assert state("InvalidImageName") is FindingState.FIRING


@pytest.mark.parametrize("waits", ["ContainerCreating", "PodInitializing", "CrashLoopBackOff", ""])
def test_other_waits_are_no_business_of_its(waits: str) -> None:
    assert judge(image_pull, pod(statuses=[waiting(waits)]), now=NOW) == []
    assert judge(image_pull, pod(meta={"deletionTimestamp": ago(minutes=1)}, statuses=[waiting("ErrImagePull")]), now=NOW) == []


def test_the_line_to_paste_finds_the_image_of_an_init_container_too() -> None:
    sick = pod(phase="Pending", spec={"initContainers": [{"name": "app", "image": "example.com/init:1"}], "containers": []})
    sick["status"] |= {"initContainerStatuses": [waiting("ImagePullBackOff")], "containerStatuses": []}
    (found,) = judge(image_pull, sick, now=NOW)
    assert found.evidence[0].value == "example.com/init:1"
    assert '.spec.initContainers[?(@.name=="app")].image' in found.evidence[0].command
