"""What the API server refuses with 422: the rules that people and programs really trip over.

Promise: sentences and field paths are the real ones. What is not checked here is accepted, unlike by a real server.
Sources: `pkg/apis/*/validation/validation.go`, `k8s.io/apimachinery/pkg/util/validation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from stead.practice import quantity
from stead.practice.api.catalogue import BUILTIN
from stead.practice.api.causes import NEGATIVE, duplicate, forbidden, invalid, required, shown, unsupported
from stead.practice.api.errors import Cause
from stead.practice.api.missing import missing
from stead.practice.api.resources import Resource
from stead.practice.api.validation_amounts import autoscaler, budget, rollout
from stead.practice.api.validation_placement import placement
from stead.practice.api.validation_placement import selector as selector_problems
from stead.practice.objects import Obj, at_path, each, inside
from stead.practice.selectors import from_object

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_BAD_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_BAD_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_NAMED = ("namespaces", "services", "statefulsets.apps")
_FREELY_NAMED = ("rbac.authorization.k8s.io",)  # path segment names: `system:node` is a good role name


def problems(resource: Resource, new: Obj, old: Obj | None) -> list[Cause]:
    """Everything that is wrong with `new`; `old` is what it would replace."""
    if old is None and (cause := _name_problem(resource, new)):
        return [cause]
    found = list(_BY_RESOURCE[resource.key](new)) if resource.key in _BY_RESOURCE else []
    found = found or list(missing(resource, new))
    return [*found, *(_immutable(resource, new, old) if old else ())]


def _name_problem(resource: Resource, obj: Obj) -> Cause | None:
    name = obj["metadata"].get("name", "")
    if not name:
        return required("metadata.name", "name or generateName is required")
    if resource.group in _FREELY_NAMED:
        bad = name in (".", "..") or "/" in name or "%" in name
        return invalid("metadata.name", name, "may not contain '/' or '%'") if bad else None
    if resource.key in _LABEL_NAMED:
        return None if re.fullmatch(_LABEL, name) and len(name) <= 63 else invalid("metadata.name", name, _BAD_LABEL)
    if re.fullmatch(_SUBDOMAIN, name) and len(name) <= 253:
        return None
    return invalid("metadata.name", name, _BAD_SUBDOMAIN)


def _pod(obj: Obj) -> Iterator[Cause]:
    yield from pod_spec(obj["spec"], "spec")


def pod_spec(spec: Obj, at: str, claims: Iterable[str] = ()) -> Iterator[Cause]:
    """`claims` are names of volumes that come from elsewhere: the claim templates of a StatefulSet."""
    containers = each(spec, "containers")
    if not containers:
        yield required(f"{at}.containers")
    names: set[str] = set()
    volumes = {*claims, *(volume["name"] for volume in each(spec, "volumes"))}
    for index, container in enumerate(containers):
        yield from _container(container, f"{at}.containers[{index}]", names, volumes)
    if spec["restartPolicy"] not in ("Always", "OnFailure", "Never"):
        yield unsupported(f"{at}.restartPolicy", spec["restartPolicy"], ["Always", "OnFailure", "Never"])
    yield from placement(spec, at)


def _container(container: Obj, at: str, names: set[str], volumes: set[str]) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield required(f"{at}.name")
    elif not re.fullmatch(_LABEL, name):
        yield invalid(f"{at}.name", name, _BAD_LABEL)
    if name in names:
        yield duplicate(f"{at}.name", name)
    names.add(name)
    if not container.get("image"):
        yield required(f"{at}.image")
    yield from _amounts(inside(container, "resources"), f"{at}.resources")
    for index, mount in enumerate(each(container, "volumeMounts")):
        if mount.get("name") not in volumes:
            yield Cause("FieldValueNotFound", f"Not found: {shown(mount.get('name'))}", f"{at}.volumeMounts[{index}].name")


def _amounts(resources: Obj, at: str) -> Iterator[Cause]:
    for side in ("limits", "requests"):
        for name, amount in inside(resources, side).items():
            try:
                negative = quantity.parse(amount) < 0
            except ValueError as error:
                yield invalid(f"{at}.{side}[{name}]", amount, str(error))
                continue
            if negative:
                yield invalid(f"{at}.{side}[{name}]", amount, NEGATIVE)
    for name, limit in inside(resources, "limits").items():
        request = inside(resources, "requests").get(name)
        if request is not None and _more(request, limit):
            yield invalid(f"{at}.requests", request, f"must be less than or equal to {name} limit of {limit}")


def _more(request: str, limit: str) -> bool:
    try:
        return quantity.parse(request) > quantity.parse(limit)
    except ValueError:
        return False


def _workload(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    if (spec.get("replicas") or 0) < 0:
        yield invalid("spec.replicas", spec["replicas"], NEGATIVE)
    if wrong := list(selector_problems(spec.get("selector"), "spec.selector")):
        yield from wrong
        return
    selector = from_object(spec.get("selector"))
    labels = inside(spec["template"]["metadata"], "labels")
    if selector is None or not selector.requirements:
        yield (
            required("spec.selector")
            if selector is None
            else invalid("spec.selector", spec["selector"], "empty selector is invalid for deployment")
        )
    elif not selector.matches(labels):
        yield invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from rollout(spec)
    claims = [inside(claim, "metadata").get("name", "") for claim in each(spec, "volumeClaimTemplates")]
    yield from pod_spec(spec["template"]["spec"], "spec.template.spec", claims)


def _job(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]["template"]["spec"]
    yield from pod_spec(spec, "spec.template.spec")
    if spec["restartPolicy"] == "Always":
        yield unsupported("spec.template.spec.restartPolicy", "Always", ["OnFailure", "Never"])


def _service(obj: Obj) -> Iterator[Cause]:
    if not obj["spec"].get("ports") and obj["spec"].get("clusterIP") != "None" and obj["spec"]["type"] != "ExternalName":
        yield required("spec.ports")


def _claim(obj: Obj) -> Iterator[Cause]:
    if not obj["spec"].get("accessModes"):
        yield required("spec.accessModes", "at least 1 access mode is required")
    if "storage" not in inside(obj["spec"], "resources", "requests"):
        yield required("spec.resources[storage]")


def _definition(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    expected = f"{inside(spec, 'names').get('plural', '')}.{spec.get('group', '')}"
    if obj["metadata"]["name"] != expected:
        yield invalid("metadata.name", obj["metadata"]["name"], 'must be spec.names.plural+"."+spec.group')
    if not spec.get("versions"):
        yield required("spec.versions")
    path = (spec.get("group", ""), inside(spec, "names").get("plural"))
    if "." not in path[0] or any(path == (known.group, known.plural) for known in BUILTIN):
        yield invalid("spec.group", spec.get("group", ""), "should be a domain with at least one dot")  # nor that of a built-in kind


_BY_RESOURCE: dict[str, Callable[[Obj], Iterator[Cause]]] = {
    "pods": _pod,
    "deployments.apps": _workload,
    "replicasets.apps": _workload,
    "statefulsets.apps": _workload,
    "daemonsets.apps": _workload,
    "jobs.batch": _job,
    "services": _service,
    "persistentvolumeclaims": _claim,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
    "poddisruptionbudgets.policy": budget,
    "horizontalpodautoscalers.autoscaling": autoscaler,
}

_FROZEN: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.template", "spec.completionMode"),
    "rolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "clusterrolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "storageclasses.storage.k8s.io": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
}
_STATEFULSET_MUTABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)  # fmt: skip
_POD_MUTABLE = ("activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "nodeName", "schedulingGates")


def _immutable(resource: Resource, new: Obj, old: Obj) -> Iterator[Cause]:
    for path in _FROZEN.get(resource.key, ()):
        if at_path(new, path) != at_path(old, path):
            yield invalid(path, at_path(new, path), "field is immutable")
    if resource.key == "pods" and _fixed_pod_spec(new) != _fixed_pod_spec(old):
        why = (
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        )
        yield forbidden("spec", why)
    if resource.key == "statefulsets.apps" and _without(new["spec"], _STATEFULSET_MUTABLE) != _without(old["spec"], _STATEFULSET_MUTABLE):
        why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
        why += "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        yield forbidden("spec", why)


def _fixed_pod_spec(pod: Obj) -> Obj:
    spec = _without(pod["spec"], _POD_MUTABLE)
    for kind in ("containers", "initContainers"):
        if spec.get(kind):
            spec[kind] = [_without(container, ("image", "resources")) for container in spec[kind]]
    return spec


def _without(tree: Obj, names: tuple[str, ...]) -> Obj:
    return {name: value for name, value in tree.items() if name not in names}
