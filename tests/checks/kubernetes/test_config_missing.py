"""Configuration that is not there: from the view where it can be looked up, else in the kubelet's words."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.config_missing import config_missing
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, config_map, pod, waiting

CREATING = waiting("ContainerCreating")


def refused(message: str, **spec: object) -> Json:
    return pod(phase="Pending", statuses=[waiting("CreateContainerConfigError", message)], spec=dict(spec))


def look(*objects: Json) -> list[Finding]:
    return judge(config_missing, *objects, now=NOW)


@pytest.mark.parametrize(
    ("message", "reason", "words"),
    [
        ('secret "db" not found', "SecretMissing", "Secret `db` does not exist"),
        ('configmap "settings" not found', "ConfigMapMissing", "ConfigMap `settings` does not exist"),
        ("couldn't find key TOKEN in Secret payments/db", "SecretKeyMissing", "key `TOKEN` is missing in Secret payments/db"),
        (
            "couldn't find key MODE in ConfigMap payments/settings",
            "ConfigKeyMissing",
            "key `MODE` is missing in ConfigMap payments/settings",
        ),
        ("container has runAsNonRoot and image will run as root", "ConfigRejected", "it may not run as root (runAsNonRoot)"),
        ("", "ConfigRejected", "the kubelet refuses its configuration"),
    ],
)
def test_what_the_kubelet_says_is_understood(message: str, reason: str, words: str) -> None:
    (found,) = look(refused(message))
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert words in found.summary


def test_what_can_be_looked_up_is_not_guessed_from_words() -> None:
    env = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "MODE"}}}]
    (found,) = look(refused("no idea", containers=[{"name": "app", "env": env}]), config_map(OTHER="x"))
    assert found.reason == "ConfigKeyMissing"
    assert [s.name for s in found.depends_on if s.kind == "ConfigMap"] == ["settings"]


@pytest.mark.parametrize(
    ("message", "blamed"),
    [
        ('secret "db" not found', "Secret payments/db"),
        ('configmap "settings" not found', "ConfigMap payments/settings"),
        ("couldn't find key TOKEN in Secret payments/db", "Secret payments/db"),
        ("no idea", ""),
    ],
)
def test_all_that_wait_for_one_thing_have_one_cause(message: str, blamed: str) -> None:
    (found,) = look(refused(message))
    assert (str(found.blames) if found.blames else "") == blamed


VOLUME = {"volumes": [{"name": "etc", "configMap": {"name": "settings", "items": [{"key": "a.conf", "path": "a.conf"}]}}]}


@pytest.mark.parametrize(
    ("maps", "reasons"),
    [([], ["ConfigMapMissing"]), ([config_map(other="x")], ["ConfigKeyMissing"]), ([config_map(**{"a.conf": "x"})], [])],
)
def test_a_volume_needs_its_config_map(maps: list[Json], reasons: list[str]) -> None:
    assert [f.reason for f in look(pod(phase="Pending", statuses=[CREATING], spec=VOLUME), *maps)] == reasons


@pytest.mark.parametrize(
    "healthy",
    [
        pod(spec=VOLUME),
        pod(phase="Pending", statuses=[CREATING], spec={"volumes": [{"name": "etc", "configMap": {"name": "x", "optional": True}}]}),
        pod(phase="Pending", statuses=[CREATING]),
        refused('secret "db" not found') | {"metadata": pod()["metadata"] | {"deletionTimestamp": ago(minutes=1)}},
    ],
)
def test_what_needs_nothing_more_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_what_is_created_a_moment_late_is_no_fault() -> None:
    young = pod(
        phase="Pending", statuses=[waiting("CreateContainerConfigError")], conditions=[condition("PodScheduled", since=ago(seconds=10))]
    )
    assert [f.state for f in look(young)] == [FindingState.PROGRESSING]
