"""What the API server fills in when a manifest leaves it out.

Sources: `pkg/apis/core/v1/defaults.go`, `pkg/apis/apps/v1/defaults.go`, `pkg/apis/batch/v1/defaults.go`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from stead.practice.api import limits
from stead.practice.objects import Obj, each, inside


def _default(tree: Obj, **values: Any) -> None:
    for name, value in values.items():
        if tree.get(name) is None:
            tree[name] = value


def pod_spec(spec: Obj) -> None:
    _default(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        securityContext={},
        schedulerName="default-scheduler",
    )
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in [*each(spec, "initContainers"), *each(spec, "containers")]:
        _container(container)
    if spec.get("hostNetwork"):
        _host_ports(spec)
    for volume in each(spec, "volumes"):
        _volume(volume)


def _host_ports(spec: Obj) -> None:
    """A pod in its node's network takes there the ports that it listens on."""
    for container in [*each(spec, "initContainers"), *each(spec, "containers")]:
        for port in each(container, "ports"):
            _default(port, hostPort=port.get("containerPort"))


def _container(container: Obj) -> None:
    _default(
        container,
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy=_pull_policy(container.get("image") or ""),
    )
    for port in each(container, "ports"):
        _default(port, protocol="TCP")
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        if probe := container.get(name):
            _probe(probe)
    for variable in each(container, "env"):
        if field := inside(variable, "valueFrom").get("fieldRef"):
            _default(field, apiVersion="v1")
    limits = inside(container["resources"], "limits")
    requests = {**limits, **inside(container["resources"], "requests")}
    if requests:
        container["resources"]["requests"] = requests


def _pull_policy(image: str) -> str:
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if "@" not in image and tag in ("", "latest") else "IfNotPresent"


def _probe(probe: Obj) -> None:
    _default(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    if get := probe.get("httpGet"):
        _default(get, path="/", scheme="HTTP")


def _volume(volume: Obj) -> None:
    for source in ("configMap", "secret", "downwardAPI", "projected"):
        if volume.get(source) is not None:
            _default(volume[source], defaultMode=420)
    if not any(name != "name" for name in volume):
        volume["emptyDir"] = {}


def _template(obj: Obj) -> None:
    template = obj["spec"].setdefault("template", {})
    template.setdefault("metadata", {})
    pod_spec(template.setdefault("spec", {}))


def _pod(pod: Obj) -> None:
    pod_spec(pod["spec"])
    _default(pod["spec"], enableServiceLinks=True)


def _deployment(obj: Obj) -> None:
    _template(obj)
    spec = obj["spec"]
    _default(spec, replicas=1, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    _default(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _default(spec["strategy"], rollingUpdate={})
        _default(spec["strategy"]["rollingUpdate"], maxUnavailable="25%", maxSurge="25%")


def _replicaset(obj: Obj) -> None:
    _template(obj)
    _default(obj["spec"], replicas=1)


def _controller(obj: Obj) -> None:
    _replicaset(obj)
    labels = dict(inside(obj["spec"], "template", "metadata", "labels"))
    if labels:
        _default(obj["spec"], selector=labels)


def _statefulset(obj: Obj) -> None:
    _template(obj)
    _default(
        obj["spec"],
        replicas=1,
        podManagementPolicy="OrderedReady",
        revisionHistoryLimit=10,
        updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    for claim in each(obj["spec"], "volumeClaimTemplates"):
        _default(claim["spec"], volumeMode="Filesystem")


def _daemonset(obj: Obj) -> None:
    _template(obj)
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    _default(obj["spec"], revisionHistoryLimit=10, updateStrategy=rolling)


def job_spec(spec: Obj) -> None:
    _default(spec, backoffLimit=6, completionMode="NonIndexed", suspend=False, manualSelector=False)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _default(spec, parallelism=1, podReplacementPolicy="TerminatingOrFailed")
    spec.setdefault("template", {}).setdefault("metadata", {})
    pod_spec(spec["template"].setdefault("spec", {}))


def _job(obj: Obj) -> None:
    job_spec(obj["spec"])


def _cronjob(obj: Obj) -> None:
    _default(obj["spec"], concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    template = obj["spec"].setdefault("jobTemplate", {}).setdefault("spec", {})
    template.setdefault("template", {}).setdefault("metadata", {})
    pod_spec(template["template"].setdefault("spec", {}))


def _service(obj: Obj) -> None:
    spec = obj["spec"]
    _default(spec, type="ClusterIP", sessionAffinity="None", internalTrafficPolicy="Cluster")
    if spec["type"] != "ExternalName":
        _default(spec, ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _default(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _default(spec, allocateLoadBalancerNodePorts=True)
    for port in each(spec, "ports"):
        _default(port, protocol="TCP", targetPort=port.get("port"))


def _claim(obj: Obj) -> None:
    _default(obj["spec"], volumeMode="Filesystem")


def _volume_object(obj: Obj) -> None:
    _default(obj["spec"], volumeMode="Filesystem", persistentVolumeReclaimPolicy="Retain")


def _autoscaler(obj: Obj) -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    _default(obj["spec"], minReplicas=1)
    if not obj["spec"].get("metrics"):
        obj["spec"]["metrics"] = [cpu]


def _priority_class(obj: Obj) -> None:
    _default(obj, value=0, preemptionPolicy="PreemptLowerPriority")


def _storage_class(obj: Obj) -> None:
    _default(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _namespace(obj: Obj) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")


def _secret(obj: Obj) -> None:
    """`stringData` is for writing only: it goes into `data`, encoded."""
    _default(obj, type="Opaque")
    plain: dict[str, str] = obj.pop("stringData", None) or {}
    if plain:
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in plain.items()}
        obj["data"] = {**inside(obj, "data"), **encoded}


def _binding(obj: Obj) -> None:
    group = "rbac.authorization.k8s.io"
    _default(obj.setdefault("roleRef", {}), apiGroup=group)
    for subject in each(obj, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            _default(subject, apiGroup=group)


def _definition(obj: Obj) -> None:
    names = obj["spec"].setdefault("names", {})
    kind = names.get("kind", "")
    _default(names, singular=kind.lower(), listKind=f"{kind}List")
    _default(obj["spec"], conversion={"strategy": "None"})


def _cluster_role(obj: Obj) -> None:
    _default(obj, rules=[])


_BY_RESOURCE: dict[str, Callable[[Obj], None]] = {
    "pods": _pod,
    "deployments.apps": _deployment,
    "replicasets.apps": _replicaset,
    "replicationcontrollers": _controller,
    "statefulsets.apps": _statefulset,
    "daemonsets.apps": _daemonset,
    "jobs.batch": _job,
    "cronjobs.batch": _cronjob,
    "services": _service,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume_object,
    "storageclasses.storage.k8s.io": _storage_class,
    "namespaces": _namespace,
    "secrets": _secret,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "clusterroles.rbac.authorization.k8s.io": _cluster_role,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
    "limitranges": limits.fill,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "priorityclasses.scheduling.k8s.io": _priority_class,
}

_WITH_SPEC = frozenset(
    key for key in _BY_RESOURCE if not key.startswith(("namespaces", "secrets", "storage", "role", "clusterrole", "priority"))
)


def fill(resource: str, obj: Obj) -> None:
    """Complete `obj` in place. It must be the caller's own copy."""
    if resource in _WITH_SPEC:
        _default(obj, spec={})
    if complete := _BY_RESOURCE.get(resource):
        complete(obj)
