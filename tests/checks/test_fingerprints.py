"""A fault stays the same fault when its objects are listed again, in another order, under new names, or edited where it matters not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stead.app.discover import shelves
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.kinds import KINDS, kind_named
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.view import View
from stead.testing.kinds import template, thing
from stead.testing.objects import NOW, Json, ago, claim, condition, deployment, ended, job, node, owner, pod, replica_set, service, waiting

CHECKS = tuple(shelves().checks.values())
BROKEN: Sequence[Json] = (
    node(ready="Unknown"),
    deployment(available=0, conditions=[condition("Progressing", "False", reason="ProgressDeadlineExceeded")]),
    deployment("web", spec={"template": template(serviceAccountName="gone")}),
    replica_set(),
    pod(statuses=[waiting("CrashLoopBackOff", restartCount=9, lastState=ended(1))]),
    pod("db-0", statuses=[waiting("ImagePullBackOff")], meta={"ownerReferences": owner("StatefulSet", "db"), "labels": {"app": "db"}}),
    service(),
    service("web", {"app": "nobody"}),
    claim(),
    job(),
    job("import-2", conditions=[condition("Failed")]),
    thing("CronJob", "backup", spec={"schedule": "0 * * * *"}, status={"lastScheduleTime": ago(hours=9)}),
    thing("Ingress", "web", spec={"rules": [{"http": {"paths": [{"backend": {"service": {"name": "gone", "port": {"number": 80}}}}]}}]}),
    thing("APIService", "v1beta1.metrics.k8s.io", status={"conditions": [condition("Available", "False")]}),
    thing("PersistentVolume", "pv-1", status={"phase": "Failed"}),
    thing("Namespace", "old", {"deletionTimestamp": ago(hours=1)}),
    thing("ResourceQuota", "team", status={"hard": {"pods": "1"}, "used": {"pods": "1"}}),
    thing("PodDisruptionBudget", "api", status={"expectedPods": 2, "desiredHealthy": 1, "currentHealthy": 0}),
    thing("HorizontalPodAutoscaler", "api", spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone"}}),
)


def found(objects: Sequence[Json]) -> dict[str, str]:
    """What all checks say: fingerprint → reason."""
    view = View("home")
    for kind in KINDS:
        view.mark_known(kind.struct)
    for obj in objects:
        kind = kind_named(obj["apiVersion"], obj["kind"])
        assert kind is not None
        view.put(convert_object(kind.struct, obj))
    runner = Runner(view, CHECKS)
    runner.full(NOW)
    return {fingerprint: finding.reason for fingerprint, finding in runner.current().items()}


def edited(obj: Json, draw: Any) -> Json:
    """The same object as it looks after a heartbeat, a label and an annotation that nobody reads."""
    meta = obj["metadata"]
    labels = {**(meta.get("labels") or {}), "example.com/edited": draw(st.text("abc", max_size=3))}
    notes = {"kubectl.kubernetes.io/last-applied-configuration": draw(st.text(max_size=5))}
    return obj | {
        "metadata": meta | {"labels": labels, "annotations": notes, "resourceVersion": str(draw(st.integers(1, 10**6))), "uid": "u"}
    }


def renamed(obj: Json, suffix: str) -> Json:
    """A pod of a ReplicaSet as the next one of it is called."""
    if obj["kind"] != "Pod" or not obj["metadata"]["name"].startswith("api-7c9f-"):
        return obj
    return obj | {"metadata": obj["metadata"] | {"name": f"api-7c9f-{suffix}"}}


def test_the_broken_estate_is_broken_in_many_ways() -> None:
    assert len(set(found(BROKEN).values())) >= 15


@settings(max_examples=25)
@given(st.data(), st.randoms(use_true_random=False), st.from_regex(r"[a-z0-9]{5}", fullmatch=True))
def test_fingerprints_stay(data: st.DataObject, rng: random.Random, suffix: str) -> None:
    objects = [edited(renamed(obj, suffix), data.draw) for obj in BROKEN]
    rng.shuffle(objects)
    assert found(objects) == found(BROKEN)


@pytest.mark.parametrize("obj", BROKEN, ids=lambda obj: f"{obj['kind']}-{obj['metadata']['name']}")
def test_a_part_that_is_missing_or_null_is_no_crash(obj: Json) -> None:
    """Every part of a broken object, at any depth, left out or null in turn."""
    for path in _paths(obj):
        if path != ("metadata",) and path[:2] != ("metadata", "name"):
            for change in (_without(obj, path, drop=True), _without(obj, path, drop=False)):
                assert "CheckFailed" not in found([change]).values() if _is_whole(change) else True


def _is_whole(obj: Json) -> bool:
    return isinstance(obj.get("apiVersion"), str) and isinstance(obj.get("kind"), str)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, inner in entries for path in ((*at, key), *_paths(inner, (*at, key)))]


def _without(value: Any, path: tuple[Any, ...], *, drop: bool) -> Any:
    key, *rest = path
    copy = list(value) if isinstance(value, list) else dict(value)
    if rest:
        copy[key] = _without(value[key], tuple(rest), drop=drop)
    elif drop:
        del copy[key]
    else:
        copy[key] = None
    return copy
