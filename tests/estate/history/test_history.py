"""What changed is noted from what the watch reads: each change once, with whose hand, across restarts, and without any secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.change import Change, Done
from stead.domain.finding import Finding
from stead.estate.history.book import MAX_AGE, MOST_OF_ONE, Book
from stead.estate.history.kept import Keeper
from stead.estate.history.recorder import History, wants
from stead.estate.kubernetes.decode import decode_object
from stead.estate.kubernetes.kinds import KINDS, Kind, kind_named
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View

KEY = b"k" * 32
APPLICATION = Kind("argoproj.io/v1alpha1", "applications", "Application", Pod, True)  # its slice is not looked at here

Json = dict[str, Any]


def kind(name: str, api_version: str = "v1") -> Kind:
    found = kind_named(api_version, name)
    assert found is not None
    return found


DEPLOYMENT, CONFIG, NODE, SERVICE = kind("Deployment", "apps/v1"), kind("ConfigMap"), kind("Node"), kind("Service")


class Kept:
    """A history, its book on disk, and the words to feed it."""

    def __init__(self, folder: Path, clock: SteppedClock) -> None:
        self.path, self.clock = folder / "history.db", clock
        self.open()

    def open(self) -> None:
        self.book = Book(self.path)
        self.history = History("home", self.book, Keeper(KEY), self.clock, lambda namespace: namespace == "hidden")

    def restart(self) -> None:
        self.book.close()
        self.open()

    def see(self, of: Kind, obj: Json) -> None:
        self.history.seen(of, json.dumps(obj).encode())

    def first(self, of: Kind, *objs: Json) -> None:
        """The first complete list of a kind."""
        for obj in objs:
            self.see(of, obj)
        self.history.listed(of, [(o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in objs])

    def told(self) -> list[Change]:
        return self.book.changes()

    def one(self) -> Change:
        (only,) = self.told()
        return only


@pytest.fixture
def kept(tmp_path: Path, clock: SteppedClock) -> Any:
    made = Kept(tmp_path, clock)
    yield made
    made.book.close()


@pytest.fixture
def ago(clock: SteppedClock) -> Callable[[float], str]:
    return lambda minutes: (clock.now() - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def meta(name: str, **more: Any) -> Json:
    return {"name": name, "namespace": "payments", "uid": f"uid-{name}", "resourceVersion": "1", **more}


def deployment(image: str = "api:1.4", *, env: Json | None = None, generation: int = 1, observed: int = 1, **more: Any) -> Json:
    container: Json = {"name": "app", "image": image, "env": [{"name": k, "value": v} for k, v in (env or {}).items()]}
    annotations = {"deployment.kubernetes.io/revision": str(observed), **more.pop("annotations", {})}
    spec = {"replicas": more.pop("replicas", 3), "template": {"spec": {"containers": [container]}}}
    return {
        "metadata": meta("api", generation=generation, annotations=annotations, **more),
        "spec": spec,
        "status": {"observedGeneration": observed, "readyReplicas": 3},
    }


def managed(manager: str, when: str, fields: Json, **more: Any) -> Json:
    return {"manager": manager, "operation": "Update", "time": when, "fieldsV1": fields, **more}


IMAGE: Json = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}}


# What is noted


def test_what_is_there_at_the_first_look_is_no_change(kept: Kept) -> None:
    kept.first(DEPLOYMENT, deployment())
    kept.first(CONFIG, {"metadata": meta("settings"), "data": {"A": "1"}})
    assert kept.told() == []


def test_a_rollout_is_noted_with_its_field_hand_time_and_revision(kept: Kept, ago: Callable[[float], str]) -> None:
    kept.first(DEPLOYMENT, deployment())
    hands = [
        managed("helm", ago(600), {"f:spec": {"f:replicas": {}}}),
        managed("kubectl-set", ago(4), IMAGE),
        managed("kube-controller-manager", ago(1), {"f:status": {}}, subresource="status"),
    ]
    kept.see(DEPLOYMENT, deployment("api:1.5", generation=2, managedFields=hands))
    found = kept.one()
    assert (found.done, found.manager, found.revision) == (Done.CHANGED, "kubectl-set", "revision 2")
    assert found.at == kept.clock.now() - timedelta(minutes=4)
    assert found.what == "containers[app].image: api:1.4 → api:1.5"


def test_a_revision_that_the_controller_numbers_later_is_told_by_its_number(kept: Kept) -> None:
    kept.first(DEPLOYMENT, deployment(observed=4))
    kept.see(DEPLOYMENT, deployment("api:1.5", observed=4))
    assert kept.one().revision == "revision 5"
    kept.see(DEPLOYMENT, deployment("api:1.5", observed=9))
    kept.see(DEPLOYMENT, deployment("api:1.5", observed=9, replicas=4))
    assert [one.revision for one in kept.told()] == ["revision 9", "revision 9"]


def test_a_change_of_status_alone_is_no_change(kept: Kept) -> None:
    kept.first(DEPLOYMENT, deployment())
    later = deployment(resourceVersion="9", annotations={"x": "y"})
    later["status"] = {"readyReplicas": 0}
    kept.see(DEPLOYMENT, later)
    assert kept.told() == []


def test_an_autoscaler_at_its_work_is_not_told_and_a_person_who_scales_is(kept: Kept, ago: Callable[[float], str]) -> None:
    kept.first(DEPLOYMENT, deployment())
    replicas: Json = {"f:spec": {"f:replicas": {}}}
    kept.see(DEPLOYMENT, deployment(replicas=5, managedFields=[managed("hpa", ago(1), replicas, subresource="scale")]))
    assert kept.told() == []
    kept.see(DEPLOYMENT, deployment(replicas=0, managedFields=[managed("kubectl-edit", ago(0), replicas)]))
    assert (kept.one().manager, kept.one().what) == ("kubectl-edit", "spec.replicas: 5 → 0")


def test_what_appears_and_goes_is_noted(kept: Kept, ago: Callable[[float], str]) -> None:
    kept.first(SERVICE)
    kept.see(SERVICE, {"metadata": meta("web", creationTimestamp=ago(2)), "spec": {"type": "ClusterIP"}})
    kept.history.gone(SERVICE, "payments", "web")
    kept.history.gone(SERVICE, "payments", "web")
    assert [(one.done, one.subject.path) for one in kept.told()] == [(Done.DELETED, "payments/web"), (Done.CREATED, "payments/web")]
    assert kept.told()[1].at == kept.clock.now() - timedelta(minutes=2)


def test_a_node_is_remembered_by_its_versions_and_not_by_its_pulse(kept: Kept) -> None:
    def node(version: str, pulse: str, **spec: Any) -> Json:
        return {"metadata": {"name": "node-1"}, "spec": spec, "status": {"nodeInfo": {"kubeletVersion": version}, "pulse": pulse}}

    kept.first(NODE, node("v1.34.1", "1"))
    kept.see(NODE, node("v1.34.1", "2", taints=[{"key": "node.kubernetes.io/not-ready"}]))
    assert kept.told() == []
    kept.see(NODE, node("v1.35.0", "3", unschedulable=True))
    assert [str(field) for field in kept.one().fields] == ["unschedulable: false → true", "versions.kubeletVersion: v1.34.1 → v1.35.0"]


def test_what_git_made_is_told_with_the_revision(kept: Kept, ago: Callable[[float], str]) -> None:
    sha = "4f2a9c1d" * 5
    state = {"operationState": {"operation": {"sync": {"revision": sha}}}}
    kept.first(APPLICATION, {"metadata": meta("pay", namespace="argocd"), "spec": {"project": "default"}, "status": state})
    tracked = {"argocd.argoproj.io/tracking-id": "pay:apps/Deployment:payments/api"}
    kept.first(DEPLOYMENT, deployment(annotations=tracked))
    kept.see(DEPLOYMENT, deployment("api:1.5", annotations=tracked, managedFields=[managed("argocd-controller", ago(1), IMAGE)]))
    assert kept.one().source == "Argo CD application pay at 4f2a9c1"
    other = {"operationState": {"operation": {"sync": {"revision": "5e" * 20}}}}
    kept.see(APPLICATION, {"metadata": meta("pay", namespace="argocd"), "spec": {"project": "default"}, "status": other})
    assert [str(field) for field in kept.told()[0].fields] == [f"revision: {sha} → {'5e' * 20}"]


def test_namespaces_that_are_not_looked_at_are_not_remembered(kept: Kept) -> None:
    hidden = {"metadata": meta("settings", namespace="hidden"), "data": {"A": "1"}}
    kept.first(CONFIG, hidden)
    kept.see(CONFIG, hidden | {"data": {"A": "2"}})
    assert kept.told() == []


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"metadata": 7}', b'{"metadata": {"name": "a"}, "spec": [1, 2]}', b"\xff\xfe", b"[" * 5000]
)
def test_what_cannot_be_read_is_passed_over(kept: Kept, raw: bytes) -> None:
    for of in (DEPLOYMENT, NODE, CONFIG, APPLICATION):
        kept.history.seen(of, raw)
    assert kept.told() == []


def test_pods_and_what_else_only_says_how_things_are_is_not_remembered() -> None:
    assert not {"Pod", "ReplicaSet", "Job", "EndpointSlice"} & {one.kind for one in KINDS if wants(one)}


# What is kept


def test_no_secret_and_no_value_of_a_configmap_reaches_the_disk(kept: Kept) -> None:
    kept.first(DEPLOYMENT, deployment(env={"DB_PASSWORD": "hunter2hunter", "LEVEL": "info"}))
    kept.first(CONFIG, {"metadata": meta("settings"), "data": {"LEVEL": "level-one"}})
    kept.see(DEPLOYMENT, deployment(env={"DB_PASSWORD": "swordfish99", "LEVEL": "debug"}))
    kept.see(CONFIG, {"metadata": meta("settings"), "data": {"LEVEL": "level-two", "NEW": "level-new"}})
    config, rollout = sorted(kept.told(), key=lambda one: one.subject.kind)
    assert [str(field) for field in config.fields] == ["data.LEVEL changed", "data.NEW added"]
    assert "containers[app].env[DB_PASSWORD].value changed" in rollout.what
    assert "containers[app].env[LEVEL].value: info → debug" in rollout.what
    kept.book.close()
    written = b"".join(file.read_bytes() for file in kept.path.parent.iterdir())
    assert not [word for word in (b"hunter2", b"swordfish", b"level-one", b"level-two", b"level-new") if word in written]
    assert kept.path.stat().st_mode & 0o077 == 0
    kept.open()
    bodies = [body for of in ("Deployment.apps", "ConfigMap") for _, body in kept.book.bodies("home", of)]
    assert not [word for word in ("hunter2", "swordfish", "level-") if word in json.dumps(bodies)]


def test_what_changed_while_nobody_looked_is_noted_at_the_next_start(kept: Kept, ago: Callable[[float], str]) -> None:
    kept.first(DEPLOYMENT, deployment())
    kept.first(CONFIG, {"metadata": meta("settings"), "data": {"A": "1"}}, {"metadata": meta("old"), "data": {}})
    kept.restart()
    kept.first(DEPLOYMENT, deployment("api:1.5", managedFields=[managed("helm", ago(50), IMAGE)]))
    kept.first(CONFIG, {"metadata": meta("settings"), "data": {"A": "1"}})
    assert [(one.done, one.subject.name) for one in kept.told()] == [(Done.DELETED, "old"), (Done.CHANGED, "api")]
    assert kept.told()[1].at == kept.clock.now() - timedelta(minutes=50)
    kept.restart()
    kept.first(DEPLOYMENT, deployment("api:1.5"))
    assert len(kept.told()) == 2


def test_the_history_is_bounded_by_count_and_age(kept: Kept) -> None:
    kept.first(CONFIG, {"metadata": meta("settings"), "data": {}})
    for n in range(MOST_OF_ONE + 20):
        kept.see(CONFIG, {"metadata": meta("settings"), "data": {"A": str(n)}})
    assert len(kept.told()) == MOST_OF_ONE
    kept.clock.advance(MAX_AGE + timedelta(days=1))
    kept.restart()
    assert kept.told() == []


def test_a_history_that_cannot_be_read_is_put_aside_and_begun_anew(kept: Kept) -> None:
    kept.book.close()
    kept.path.write_bytes(b"this is no database" * 100)
    kept.open()
    kept.first(DEPLOYMENT, deployment())
    assert kept.told() == []
    assert [file.name for file in kept.path.parent.iterdir() if "unreadable" in file.name]


# What it explains


def finding(view: View, pod: Json, minutes: float, clock: SteppedClock) -> Finding:
    made = decode_object(Pod, json.dumps(pod).encode())
    view.put(made)
    return view.finding(made, reason="CrashLoop", summary="crashes", since=clock.now() - timedelta(minutes=minutes))


def test_a_pod_is_explained_by_its_deployment_and_its_configuration_and_by_nothing_else(kept: Kept, ago: Callable[[float], str]) -> None:
    names = ("settings", "other", "mounted")
    kept.first(DEPLOYMENT, deployment())
    kept.first(CONFIG, *({"metadata": meta(name), "data": {"A": "1"}} for name in names))
    kept.see(DEPLOYMENT, deployment("api:1.5", managedFields=[managed("kubectl", ago(9), IMAGE)]))
    for minutes, name in zip((7, 6, 8), names, strict=True):
        hand = [managed("kubectl-edit", ago(minutes), {"f:data": {"f:A": {}}})]
        kept.see(CONFIG, {"metadata": meta(name, managedFields=hand), "data": {"A": "2"}})
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api-7c9f", "uid": "r", "controller": True}
    container = {"name": "app", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    pod = {
        "metadata": meta("api-7c9f-x", labels={"pod-template-hash": "7c9f"}, ownerReferences=[owner]),
        "spec": {"containers": [container], "volumes": [{"name": "v", "configMap": {"name": "mounted"}}]},
    }
    view = View("home")
    explained = kept.history.explain(finding(view, pod, 5, kept.clock), view)
    assert [one.subject.name for one in explained.changes] == ["settings", "mounted", "api"]
    before = kept.history.explain(finding(view, pod, 30, kept.clock), view)
    assert before.changes == ()
    kept.restart()
    assert kept.history.explain(finding(view, pod, 5, kept.clock), view) == explained
