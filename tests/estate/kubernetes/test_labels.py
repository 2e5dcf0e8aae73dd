"""Labels of the cluster on a finding: those of the object, of its workload and of its namespace."""

from __future__ import annotations

from stead.checks.kubernetes.container_crash import container_crash
from stead.domain.finding import Finding
from stead.domain.matching import parse_matchers
from stead.domain.muting import labels_of
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, metadata, owner, pod, waiting

CRASHES = waiting("CrashLoopBackOff", restartCount=9)


def crashing(name: str, **labels: str) -> Json:
    meta = metadata(name, labels={"pod-template-hash": "7c9f", **labels}, ownerReferences=owner("ReplicaSet", "api-7c9f"))
    return pod(name, statuses=[CRASHES], meta=meta)


def found(*objects: Json) -> Finding:
    (finding,) = judge(container_crash, *objects, now=NOW)
    return finding


OWNERS = (
    thing("ReplicaSet", "api-7c9f", {"ownerReferences": owner("Deployment", "api"), "labels": {"pod-template-hash": "7c9f"}}),
    thing("Deployment", "api", {"labels": {"team": "shop", "tier": "silver"}}),
    thing("Namespace", "payments", {"labels": {"env": "prod"}, "namespace": ""}),
)


def test_a_finding_has_the_labels_of_its_object_its_workload_and_its_namespace() -> None:
    assert dict(found(crashing("api-7c9f-a", tier="gold"), *OWNERS).labels) == {
        "label.team": "shop",
        "label.tier": "gold",  # The object's own word counts.
        "namespace_label.env": "prod",
    }


def test_what_differs_from_pod_to_pod_is_no_label_of_their_fault() -> None:
    one, other = crashing("api-7c9f-a", tier="gold", zone="a"), crashing("api-7c9f-b", tier="gold", zone="b")
    assert dict(found(one, other).labels) == {"label.tier": "gold"}


def test_matchers_name_them() -> None:
    labels = labels_of(found(crashing("api-7c9f-a", **{"app.kubernetes.io/part-of": "shop"}), *OWNERS))
    for text, matches in {
        'label.team="shop"': True,
        'label.app.kubernetes.io/part-of="shop", namespace_label.env=~"prod|live"': True,
        'namespace_label.env="dev"': False,
        'namespace_label.env!="dev", label.none=""': True,
    }.items():
        assert parse_matchers(text).match(labels) is matches
