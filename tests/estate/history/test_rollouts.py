"""Where nobody kept a history, the cluster's own revisions tell what was rolled out before a fault."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.app.scan import Wanted, scan_dump
from stead.checks.kubernetes.container_crash import container_crash
from stead.clocks import SteppedClock
from stead.domain.subject import Subject
from stead.estate.history.related import configuration_of
from stead.estate.history.rollouts import rollout, written_last
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View
from stead.testing.objects import NOW, ago, container_status, pod

Json = dict[str, Any]
API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


def template(image: str, **env: str) -> Json:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    return {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [{"name": "app", "image": image, "env": variables}]}}


def owned(kind: str, name: str, made: str, *, number: int, uid: str = "uid-api", **more: Any) -> Json:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api", "uid": uid, "controller": True}
    annotations = {"deployment.kubernetes.io/revision": str(number)} if kind == "ReplicaSet" else {}
    meta = {"name": name, "namespace": "payments", "creationTimestamp": made, "ownerReferences": [owner], "annotations": annotations}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, **more}


def replica_set(number: int, image: str, made: str, **more: Any) -> Json:
    labelled = template(image, **more.pop("env", {}))
    labelled["metadata"]["labels"]["pod-template-hash"] = f"h{number}"
    return owned("ReplicaSet", f"api-h{number}", made, number=number, spec={"replicas": 1, "template": labelled}, **more)


def deployment(**more: Any) -> Json:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payments", "uid": "uid-api", **more}}


def test_the_newest_revision_is_compared_with_the_one_before() -> None:
    kept = [replica_set(9, "api:1.3", ago(hours=9)), replica_set(12, "api:1.5", ago(minutes=4)), replica_set(11, "api:1.4", ago(hours=2))]
    found = rollout(API, deployment(), [*kept, replica_set(13, "other:1", ago(minutes=1), uid="another")])
    assert found is not None
    assert (found.revision, found.at) == ("revision 12", NOW - timedelta(minutes=4))
    assert found.what == "containers[app].image: api:1.4 → api:1.5"


def test_the_certificates_that_every_pod_gets_are_no_configuration_of_its_own() -> None:
    maps = [{"configMap": {"name": name}} for name in ("kube-root-ca.crt", "openshift-service-ca.crt", "settings")]
    seen = convert_object(Pod, pod("api-7c9f", spec={"volumes": [{"name": "token", "projected": {"sources": maps}}]}))
    view = View("home")
    view.put(seen)
    found = configuration_of(view.finding(seen, reason="CrashLooping", summary="it crashes"), view)
    assert [subject.name for subject in found] == ["settings"]


def test_the_hand_that_wrote_the_template_is_named() -> None:
    fields: Json = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}}
    hands: list[Json] = [{"manager": "kubectl-set", "time": ago(minutes=3), "fieldsV1": fields}]
    found = rollout(API, deployment(managedFields=hands), [replica_set(1, "a:1", ago(hours=2)), replica_set(2, "a:2", ago(hours=1))])
    assert found is not None
    assert (found.manager, found.at) == ("kubectl-set", NOW - timedelta(minutes=3))


def test_a_secret_in_a_template_is_told_to_have_changed_and_not_what_it_is() -> None:
    one, other = (replica_set(n, "a:1", ago(hours=1), env={"DB_PASSWORD": value}) for n, value in ((1, "hunter2"), (2, "swordfish")))
    found = rollout(API, deployment(), [one, other])
    assert found is not None
    assert found.what == "containers[app].env[DB_PASSWORD].value changed"
    assert "swordfish" not in repr(found)


def test_a_statefulset_is_told_by_its_controller_revisions() -> None:
    kept = [
        owned("ControllerRevision", f"db-{n}", ago(minutes=9 - n), number=0, revision=n, data={"spec": {"template": template(f"db:{n}")}})
        for n in (1, 2)
    ]
    found = rollout(API, deployment(), kept)
    assert found is not None
    assert (found.revision, found.what) == ("revision 2", "containers[app].image: db:1 → db:2")


@pytest.mark.parametrize("kept", [[], [{}], [replica_set(1, "a:1", "")], [replica_set(1, "a:1", ""), replica_set(2, "a:2", "no time")]])
def test_what_tells_nothing_is_no_change(kept: list[Json]) -> None:
    assert rollout(API, deployment(), kept) is None


def test_a_configmap_that_was_edited_is_told_and_one_that_was_only_made_is_not() -> None:
    made = {"creationTimestamp": ago(hours=2)}
    hand: Json = {"manager": "kubectl-edit", "fieldsV1": {"f:data": {}}}
    edited = written_last(API, {"metadata": {**made, "managedFields": [{**hand, "time": ago(minutes=5)}]}})
    assert edited is not None
    assert (edited.manager, edited.at) == ("kubectl-edit", NOW - timedelta(minutes=5))
    assert written_last(API, {"metadata": {**made, "managedFields": [{**hand, "time": ago(hours=2)}]}}) is None


def test_a_dump_tells_what_was_rolled_out_before_the_crash(tmp_path: Path, clock: SteppedClock) -> None:
    crash = {"terminated": {"exitCode": 1, "startedAt": ago(minutes=4), "finishedAt": ago(minutes=4)}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    crashed = pod("api-h12-x", statuses=[container_status(ready=False, restartCount=4, state=waiting, lastState=crash)])
    crashed["metadata"]["ownerReferences"][0]["name"] = "api-h12"
    crashed["metadata"]["labels"]["pod-template-hash"] = "h12"
    crashed["metadata"]["creationTimestamp"] = crashed["status"]["startTime"] = ago(minutes=5)
    kept = [replica_set(11, "api:1.4", ago(hours=2)), replica_set(12, "api:1.5", ago(minutes=6))]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [crashed, deployment(), *kept]}))
    (found,) = scan_dump(Wanted(source=str(tmp_path / "dump.json"), now=NOW), [container_crash], clock).findings
    (change,) = found.changes
    assert change.name == "revision 12 of Deployment payments/api"
    assert change.what == "containers[app].image: api:1.4 → api:1.5"
