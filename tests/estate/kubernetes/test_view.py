"""The picture: what is there, what surely is not, and how one object leads to another."""

from __future__ import annotations

from typing import TypeVar

from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import ConfigMap, Job, Node, Object, PersistentVolumeClaim, Pod, ReplicaSet
from stead.estate.kubernetes.view import View
from stead.testing.objects import Json, config_map, job, node, owner, pod, replica_set

T = TypeVar("T", bound=Object)


def made(struct: type[T], plain: Json) -> T:
    return convert_object(struct, plain)


def test_what_was_not_read_is_never_missing() -> None:
    view = View("home")
    assert not view.missing(Node, "", "node-3")
    view.mark_known(Node)
    assert view.missing(Node, "", "node-3")
    view.put(made(Node, node()))
    assert not view.missing(Node, "", "node-3")
    view.mark_unknown(Node)
    assert not view.missing(Node, "", "node-4")


def test_a_heartbeat_is_no_change_and_a_condition_is_one() -> None:
    view = View("home")
    assert view.put(made(Node, node(meta={"resourceVersion": "1"})))
    assert not view.put(made(Node, node(meta={"resourceVersion": "2"})))
    assert view.put(made(Node, node(ready="False", meta={"resourceVersion": "3"})))
    stored = view.get(Node, "", "node-3")
    assert stored is not None
    assert stored.metadata.resource_version == "3"


def test_what_is_dropped_leaves_no_trace() -> None:
    view = View("home")
    spec = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    view.put(made(Pod, pod(spec=spec)))
    claim = made(PersistentVolumeClaim, {"metadata": {"name": "data", "namespace": "payments"}})
    assert [p.metadata.name for p in view.users_of_claim(claim)] == ["api-7c9f-x2x4z"]
    assert view.drop(Pod, "payments", "api-7c9f-x2x4z")
    assert not view.drop(Pod, "payments", "api-7c9f-x2x4z")
    assert list(view.users_of_claim(claim)) == []
    assert list(view.selected(Pod, "payments", {"app": "api"})) == []
    assert list(view.owned_by(Pod, "payments", "ReplicaSet", "api-7c9f")) == []
    assert list(view.all(Pod)) == []


def test_labels_select_within_a_namespace_and_follow_changes() -> None:
    view = View("home")
    view.put(made(Pod, pod()))
    assert len(view.selected(Pod, "payments", {"app": "api", "pod-template-hash": "7c9f"})) == 1
    assert len(view.selected(Pod, "payments", {"app": "api", "tier": "x"})) == 0
    assert len(view.selected(Pod, "billing", {"app": "api"})) == 0
    assert len(view.selected(Pod, "payments", {})) == 0
    view.put(made(Pod, pod(meta={"labels": {"app": "web"}})))
    assert [len(view.selected(Pod, "payments", {"app": name})) for name in ("api", "web")] == [0, 1]


def top_of(view: View, obj: Object) -> tuple[str, str] | None:
    top = view.top(obj)
    return None if top is None else (top.kind, top.name)


def test_a_pod_leads_to_its_deployment_whether_or_not_its_replica_set_is_known() -> None:
    view, one = View("home"), made(Pod, pod())
    assert top_of(view, one) == ("Deployment", "api")
    view.put(made(ReplicaSet, replica_set()))
    assert top_of(view, one) == ("Deployment", "api")


def test_other_owners_are_tops_too_and_a_static_pod_has_none() -> None:
    view = View("home")
    run = made(Pod, pod(meta={"ownerReferences": owner("Job", "import-1", "batch/v1"), "labels": {}}))
    assert top_of(view, run) == ("Job", "import-1")
    view.put(made(Job, job(cron="import")))
    assert top_of(view, run) == ("CronJob", "import")
    member = made(Pod, pod(meta={"ownerReferences": owner("Cluster", "pg", "example.com/v1"), "labels": {}}))
    assert top_of(view, member) == ("Cluster", "pg")
    static = made(Pod, pod(meta={"ownerReferences": owner("Node", "node-3", "v1")}))
    assert top_of(view, static) is None
    assert top_of(view, made(Node, node())) is None


def test_no_value_of_a_config_map_is_kept() -> None:
    kept = made(ConfigMap, config_map(password="hunter2"))
    assert kept.keys == {"password"}
    assert "hunter2" not in repr([bytes(value) for value in kept.data.values()])
    assert kind_of(ConfigMap).kind == "ConfigMap"
