"""What the server serves: the legacy documents, and the aggregated one that newer clients ask for first.

Source: `k8s.io/api/apidiscovery/v2`, `metav1.APIResourceList`.
"""

from __future__ import annotations

from stead.practice.api.resources import Registry, Resource
from stead.practice.objects import Obj

VERSION: Obj = {
    "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35", "gitVersion": "v1.36.2", "gitCommit": "98b35193b2ac7a23a673325f5e9b830ecd5ba406",
    "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "go1.26.6", "compiler": "gc",
    "platform": "linux/amd64",
}  # fmt: skip
_PART_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "binding": ("", "v1", "Binding"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}
_PART_VERBS = {
    "log": ["get"], "eviction": ["create"], "binding": ["create"], "token": ["create"], "finalize": ["update"],
    "exec": ["create", "get"], "attach": ["create", "get"], "portforward": ["create", "get"],
    "proxy": ["create", "delete", "get", "patch", "update"],
}  # fmt: skip
_PART_KIND_NAMES = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}


def core_versions(address: str) -> Obj:
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def groups(registry: Registry) -> Obj:
    found = [group(registry, name) for name in registry.groups() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def group(registry: Registry, name: str) -> Obj:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in registry.versions(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def resources(registry: Registry, group: str, version: str) -> Obj:
    rows: list[Obj] = []
    for resource in registry.within(group, version):
        rows.append(_row(resource))
        rows.extend(_part_row(resource, part) for part in sorted(resource.subresources))
    head: Obj = {"kind": "APIResourceList"} if not group else {"kind": "APIResourceList", "apiVersion": "v1"}
    return {**head, "groupVersion": f"{group}/{version}" if group else version, "resources": rows}


def _row(resource: Resource) -> Obj:
    row: Obj = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    return row


def _part_row(resource: Resource, part: str) -> Obj:
    group, version, kind = _PART_KINDS.get(part, ("", "", _PART_KIND_NAMES.get(part, resource.kind)))
    row: Obj = {"name": f"{resource.plural}/{part}", "singularName": "", "namespaced": resource.namespaced}
    if part in _PART_KINDS:
        row |= {"group": group, "version": version}
    return {**row, "kind": kind, "verbs": _PART_VERBS.get(part, ["get", "patch", "update"])}


def aggregated(registry: Registry, core: bool) -> Obj:
    names = [name for name in registry.groups() if (name == "") is core]
    items = [_aggregated_group(registry, name) for name in names]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _aggregated_group(registry: Registry, name: str) -> Obj:
    versions = [
        {
            "version": version,
            "resources": [_aggregated(resource) for resource in registry.within(name, version)],
            "freshness": "Current",
        }
        for version in registry.versions(name)
    ]
    return {"metadata": {"name": name} if name else {}, "versions": versions}


def _aggregated(resource: Resource) -> Obj:
    row: Obj = {
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if resource.subresources:
        row["subresources"] = [_aggregated_part(resource, part) for part in sorted(resource.subresources)]
    return row


def _aggregated_part(resource: Resource, part: str) -> Obj:
    group, version, kind = _PART_KINDS.get(part, ("", "", _PART_KIND_NAMES.get(part, resource.kind)))
    answer = {"group": group, "version": version, "kind": kind}
    return {"subresource": part, "responseKind": answer, "verbs": _PART_VERBS.get(part, ["get", "patch", "update"])}
