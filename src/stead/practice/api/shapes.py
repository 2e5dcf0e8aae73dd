"""The Go types behind the fields that code here relies on: a body of the wrong shape is refused before anybody reads it.

Promise: after `check` every field that stands here has its type or is absent (null is dropped, as Go's decoder does).
The sentence is that of `encoding/json`: `cannot unmarshal string into Go struct field ConfigMap.data of type …`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from stead.practice.api import errors
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj


@dataclass(frozen=True, slots=True)
class Many:
    """A list of something."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """A map from any name to something."""

    of: Shape


Shape: TypeAlias = "str | Many | Named | Mapping[str, Shape]"
"""`text`, `int`, `bool`, `amount` (a quantity or int-or-string), `any`; a list; a map; or fields by name."""

_TEXTS = Named("text")
_META: Mapping[str, Shape] = {
    "name": "text", "generateName": "text", "namespace": "text", "uid": "text", "resourceVersion": "text", "generation": "int",
    "creationTimestamp": "text", "deletionTimestamp": "text", "deletionGracePeriodSeconds": "int", "labels": _TEXTS,
    "annotations": _TEXTS, "finalizers": Many("text"), "managedFields": Many({}),
    "ownerReferences": Many({"apiVersion": "text", "kind": "text", "name": "text", "uid": "text", "controller": "bool"}),
}  # fmt: skip
_EXPRESSIONS = Many({"key": "text", "operator": "text", "values": Many("text")})
_SELECTOR: Mapping[str, Shape] = {"matchLabels": _TEXTS, "matchExpressions": _EXPRESSIONS}
_KEY: Mapping[str, Shape] = {"name": "text", "key": "text", "optional": "bool"}
_FILES: Mapping[str, Shape] = {"name": "text", "optional": "bool", "items": Many({"key": "text", "path": "text"})}
_SECRET_FILES: Mapping[str, Shape] = {**_FILES, "secretName": "text"}
_PROBE: Mapping[str, Shape] = {
    "initialDelaySeconds": "int", "periodSeconds": "int", "failureThreshold": "int", "timeoutSeconds": "int",
    "successThreshold": "int", "httpGet": {"path": "text", "port": "amount"},
}  # fmt: skip
_ENV: Mapping[str, Shape] = {
    "name": "text",
    "value": "text",
    "valueFrom": {"configMapKeyRef": _KEY, "secretKeyRef": _KEY, "fieldRef": {"fieldPath": "text"}, "resourceFieldRef": {}},
}
_CONTAINER: Mapping[str, Shape] = {
    "name": "text", "image": "text", "imagePullPolicy": "text", "command": Many("text"), "args": Many("text"),
    "env": Many(_ENV), "envFrom": Many({"prefix": "text", "configMapRef": _KEY, "secretRef": _KEY}),
    "resources": {"limits": Named("amount"), "requests": Named("amount")},
    "ports": Many({"name": "text", "containerPort": "int", "protocol": "text"}),
    "volumeMounts": Many({"name": "text", "mountPath": "text"}),
    "readinessProbe": _PROBE, "livenessProbe": _PROBE, "startupProbe": _PROBE,
}  # fmt: skip
_VOLUME: Mapping[str, Shape] = {
    "name": "text", "configMap": _FILES, "secret": _SECRET_FILES, "emptyDir": {}, "downwardAPI": {},
    "projected": {"sources": Many({"configMap": _FILES, "secret": _SECRET_FILES})},
    "persistentVolumeClaim": {"claimName": "text"},
}  # fmt: skip
_TERM: Mapping[str, Shape] = {"matchExpressions": _EXPRESSIONS, "matchFields": _EXPRESSIONS}
_REQUIRED: Mapping[str, Shape] = {"nodeSelectorTerms": Many(_TERM)}
_POD: Mapping[str, Shape] = {
    "containers": Many(_CONTAINER), "initContainers": Many(_CONTAINER), "volumes": Many(_VOLUME), "restartPolicy": "text",
    "nodeName": "text", "nodeSelector": _TEXTS, "serviceAccountName": "text", "terminationGracePeriodSeconds": "int",
    "priorityClassName": "text", "securityContext": {}, "schedulerName": "text", "automountServiceAccountToken": "bool",
    "tolerations": Many({"key": "text", "operator": "text", "value": "text", "effect": "text", "tolerationSeconds": "int"}),
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _REQUIRED}},
}  # fmt: skip
_TEMPLATE: Mapping[str, Shape] = {"metadata": _META, "spec": _POD}
_ROLLING: Mapping[str, Shape] = {
    "type": "text", "rollingUpdate": {"maxSurge": "amount", "maxUnavailable": "amount", "partition": "int"},
}  # fmt: skip
_CLAIM: Mapping[str, Shape] = {
    "accessModes": Many("text"), "storageClassName": "text", "volumeName": "text", "resources": {"requests": Named("amount")},
}  # fmt: skip
_WORKLOAD: Mapping[str, Shape] = {
    "replicas": "int", "selector": _SELECTOR, "template": _TEMPLATE, "strategy": _ROLLING, "updateStrategy": _ROLLING,
    "paused": "bool", "minReadySeconds": "int", "revisionHistoryLimit": "int", "progressDeadlineSeconds": "int",
    "podManagementPolicy": "text", "serviceName": "text", "volumeClaimTemplates": Many({"metadata": _META, "spec": _CLAIM}),
}  # fmt: skip
_JOB: Mapping[str, Shape] = {
    "parallelism": "int", "completions": "int", "backoffLimit": "int", "activeDeadlineSeconds": "int", "suspend": "bool",
    "ttlSecondsAfterFinished": "int", "selector": _SELECTOR, "template": _TEMPLATE, "manualSelector": "bool",
}  # fmt: skip
_CRON: Mapping[str, Shape] = {
    "schedule": "text", "timeZone": "text", "suspend": "bool", "concurrencyPolicy": "text", "successfulJobsHistoryLimit": "int",
    "failedJobsHistoryLimit": "int", "jobTemplate": {"metadata": _META, "spec": _JOB},
}  # fmt: skip
_SERVICE: Mapping[str, Shape] = {
    "type": "text", "clusterIP": "text", "selector": _TEXTS,
    "ports": Many({"name": "text", "port": "int", "targetPort": "amount", "nodePort": "int", "protocol": "text"}),
}  # fmt: skip
_RULE: Mapping[str, Shape] = {
    "verbs": Many("text"), "apiGroups": Many("text"), "resources": Many("text"), "resourceNames": Many("text"),
    "nonResourceURLs": Many("text"),
}  # fmt: skip
_BINDING: Mapping[str, Shape] = {
    "subjects": Many({"kind": "text", "name": "text", "namespace": "text"}), "roleRef": {"kind": "text", "name": "text"},
}  # fmt: skip
_DEFINITION: Mapping[str, Shape] = {
    "group": "text", "scope": "text", "names": {"kind": "text", "plural": "text", "shortNames": Many("text")},
    "versions": Many({"name": "text", "served": "bool", "storage": "bool", "schema": {"openAPIV3Schema": {}},
                      "subresources": {}, "additionalPrinterColumns": Many({"name": "text", "jsonPath": "text"})}),
}  # fmt: skip
_VOLUME_SPEC: Mapping[str, Shape] = {
    "capacity": Named("amount"), "accessModes": Many("text"), "storageClassName": "text", "claimRef": {"name": "text"},
}  # fmt: skip
_NODE: Mapping[str, Shape] = {"unschedulable": "bool", "taints": Many({"key": "text", "value": "text", "effect": "text"})}
_RBAC = "rbac.authorization.k8s.io"
_SPECS: dict[str, Mapping[str, Shape]] = {
    "pods": _POD, "deployments.apps": _WORKLOAD, "replicasets.apps": _WORKLOAD, "statefulsets.apps": _WORKLOAD,
    "daemonsets.apps": _WORKLOAD, "jobs.batch": _JOB, "cronjobs.batch": _CRON, "services": _SERVICE, "nodes": _NODE,
    "persistentvolumeclaims": _CLAIM, "persistentvolumes": _VOLUME_SPEC, "resourcequotas": {"hard": Named("amount")},
    "customresourcedefinitions.apiextensions.k8s.io": _DEFINITION,
    "poddisruptionbudgets.policy": {"minAvailable": "amount", "maxUnavailable": "amount", "selector": _SELECTOR},
}  # fmt: skip
_WHOLE: dict[str, Mapping[str, Shape]] = {
    "configmaps": {"data": _TEXTS, "binaryData": _TEXTS}, "secrets": {"data": _TEXTS, "stringData": _TEXTS, "type": "text"},
    f"roles.{_RBAC}": {"rules": Many(_RULE)}, f"clusterroles.{_RBAC}": {"rules": Many(_RULE)},
    f"rolebindings.{_RBAC}": _BINDING, f"clusterrolebindings.{_RBAC}": _BINDING,
    "events": {"involvedObject": {"name": "text", "kind": "text", "uid": "text"}, "message": "text", "reason": "text"},
}  # fmt: skip


def check(resource: Resource, obj: Obj) -> None:
    """Refuse wrong shapes with 400; drop nulls, in place."""
    shape: dict[str, Shape] = {"metadata": _META, "status": {}, **_WHOLE.get(resource.key, {})}
    if not resource.custom:
        shape["spec"] = _SPECS.get(resource.key, {})
    else:
        shape.pop("status")
    wrong = _wrong(obj, shape, resource.kind)
    if wrong:
        why = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: json: cannot unmarshal {wrong}'
        raise errors.bad_request(why)


def _wrong(value: Any, shape: Shape, at: str) -> str:
    if isinstance(shape, str):
        return "" if _fits(value, shape) else f"{_name(value)} into Go struct field {at} of type {_GO.get(shape, shape)}"
    if isinstance(shape, Many):
        return _wrong_list(value, shape, at)
    if not isinstance(value, dict):
        return f"{_name(value)} into Go struct field {at} of type {'map[string]string' if isinstance(shape, Named) else 'struct'}"
    tree: Obj = value  # pyright: ignore[reportUnknownVariableType]
    for name in [name for name in tree if tree[name] is None and (isinstance(shape, Named) or name in shape)]:
        del tree[name]
    inner = {name: shape.of if isinstance(shape, Named) else shape.get(name, "any") for name in tree}
    return next((why for name, item in tree.items() if (why := _wrong(item, inner[name], f"{at}.{name}"))), "")


def _wrong_list(value: Any, shape: Many, at: str) -> str:
    if not isinstance(value, list):
        return f"{_name(value)} into Go struct field {at} of type []"
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    return next((why for item in items if (why := _wrong(item, shape.of, at))), "")


_GO = {"text": "string", "int": "int64", "bool": "bool", "amount": "resource.Quantity"}


def _fits(value: Any, form: str) -> bool:
    match form:
        case "text":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "amount":
            return isinstance(value, (str, int, float)) and not isinstance(value, bool)
        case _:
            return True


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    kinds: tuple[tuple[type, str], ...] = ((str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
