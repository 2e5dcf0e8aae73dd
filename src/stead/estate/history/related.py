"""Whose change could have caused a finding: its subject, its owner, what they depend on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stead.domain.finding import Finding
from stead.domain.subject import Key, Subject
from stead.estate.kubernetes.slices import ConfigMap, DaemonSet, Deployment, Node, Pod, ReplicaSet, StatefulSet
from stead.estate.kubernetes.view import View

GIVEN = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
"""ConfigMaps that the cluster puts into every namespace and mounts into every pod for its service account (kube-controller-manager,
root-ca-certificate-publisher; OpenShift, service-ca operator): a rollout of its certificates is no change of anybody's workload."""


def related(finding: Finding, view: View) -> list[Key]:
    """The identities of the objects in question, nearest first, each once."""
    return around(finding.subject, view, finding.top, finding.depends_on)


def around(subject: Subject, view: View, top: Subject | None = None, depends_on: Iterable[Subject] = ()) -> list[Key]:
    """The object itself, its owner, the configuration that it reads, what it `depends_on` and the node on which it runs."""
    subjects = [subject, *([top] if top is not None else [])]
    pod = _a_pod_of(subject, view)
    if pod is not None:
        owner = view.top(pod)
        subjects += [] if owner is None else [owner]
        subjects += [view.named(ConfigMap, pod.metadata.namespace, name) for name in _config_of(pod)]
    subjects += depends_on
    if pod is not None and pod.spec.node_name:
        subjects.append(view.named(Node, "", pod.spec.node_name))
    return list(dict.fromkeys(one.key for one in subjects))


def workload_of(finding: Finding, view: View) -> Subject | None:
    """The workload that a person rolls out: the owner, or the subject where it is none's."""
    pod = _a_pod_of(finding.subject, view)
    return finding.top or (view.top(pod) if pod is not None and finding.subject.kind == "Pod" else None) or finding.subject


def configuration_of(finding: Finding, view: View) -> list[Subject]:
    """The ConfigMaps that the pods in question read."""
    pod = _a_pod_of(finding.subject, view)
    if pod is None:
        return []
    return [view.named(ConfigMap, pod.metadata.namespace, name) for name in dict.fromkeys(_config_of(pod)) if name not in GIVEN]


def _a_pod_of(subject: Subject, view: View) -> Pod | None:
    """The pod itself, or one pod of the workload: they are all made from one template."""
    if subject.kind == "Pod":
        return view.get(Pod, subject.namespace, subject.name)
    for struct in (StatefulSet, DaemonSet, ReplicaSet):
        if subject.kind == struct.__name__:
            return next(iter(view.owned_by(Pod, subject.namespace, subject.kind, subject.name)), None)
    if subject.kind == Deployment.__name__:
        sets = view.owned_by(ReplicaSet, subject.namespace, subject.kind, subject.name)
        newest = sorted(sets, key=lambda one: (one.spec.replicas > 0, one.metadata.name), reverse=True)
        return next((pod for one in newest for pod in view.owned(Pod, one)), None)
    return None


def _config_of(pod: Pod) -> Iterator[str]:
    """Names of the ConfigMaps that the pod reads."""
    spec = pod.spec
    for container in (*spec.init_containers, *spec.containers):
        for given in container.env_from:
            if given.config_map_ref is not None:
                yield given.config_map_ref.name
        for variable in container.env:
            if variable.value_from is not None and variable.value_from.config_map_key_ref is not None:
                yield variable.value_from.config_map_key_ref.name
    for volume in spec.volumes:
        if volume.config_map is not None:
            yield volume.config_map.name
        for source in volume.projected.sources if volume.projected is not None else ():
            if source.config_map is not None:
                yield source.config_map.name
