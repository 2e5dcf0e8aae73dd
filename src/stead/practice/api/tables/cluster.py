"""The lines of nodes, services, storage, configuration, events and rights. Source: as in `workloads`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.api.tables.column import Rows, columns, equality_text
from stead.practice.objects import Obj, condition_status, deleting, each, inside, labels_of


def _node(obj: Obj, _now: datetime) -> list[Any]:
    status, info = inside(obj, "status"), inside(obj, "status", "nodeInfo")
    ready = condition_status(obj, "Ready")
    said = ["Ready" if ready == "True" else "NotReady" if ready else "Unknown"]
    if inside(obj, "spec").get("unschedulable"):
        said.append("SchedulingDisabled")
    prefix = "node-role.kubernetes.io/"
    roles = sorted(label.removeprefix(prefix) for label in labels_of(obj) if label.startswith(prefix) and label != prefix)
    addresses = {address["type"]: address["address"] for address in each(status, "addresses")}
    return [
        ",".join(said),
        ",".join(roles) or "<none>",
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", "<none>"),
        addresses.get("ExternalIP", "<none>"),
        info.get("osImage", "<unknown>"),
        f"{info.get('kernelVersion', '<unknown>')} ({info.get('architecture', '')})",
        info.get("containerRuntimeVersion", "<unknown>"),
    ]


def _namespace(obj: Obj, _now: datetime) -> list[Any]:
    return [inside(obj, "status").get("phase", "")]


def _service(obj: Obj, _now: datetime) -> list[Any]:
    spec = obj["spec"]
    ports = ",".join(_port(port) for port in each(spec, "ports"))
    selector = equality_text(spec.get("selector"))
    return [spec["type"], spec.get("clusterIP") or "<none>", _external(obj), ports or "<none>", selector]


def _port(port: Obj) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _external(obj: Obj) -> str:
    spec = obj["spec"]
    if spec["type"] == "ExternalName":
        return spec.get("externalName", "")
    if spec["type"] == "LoadBalancer":
        given = each(obj, "status", "loadBalancer", "ingress")
        return ",".join(i.get("ip") or i.get("hostname", "") for i in given) or "<pending>"
    return ",".join(each(spec, "externalIPs")) or "<none>"


def _endpoints(obj: Obj, _now: datetime) -> list[Any]:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in each(obj, "subsets")
        for address in each(subset, "addresses")
        for port in each(subset, "ports")
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return [",".join(found[:3]) + more or "<none>"]


def _slice(obj: Obj, _now: datetime) -> list[Any]:
    addresses = [address for endpoint in each(obj, "endpoints") for address in each(endpoint, "addresses")]
    more = f" + {len(addresses) - 3} more..." if len(addresses) > 3 else ""
    ports = ",".join(str(port.get("port")) for port in each(obj, "ports"))
    return [obj.get("addressType", ""), ports or "<unset>", ",".join(addresses[:3]) + more or "<unset>"]


_SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(values: list[str] | None) -> str:
    return ",".join(_SHORT.get(value, value) for value in values or ())


def _claim(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    bound = bool(spec.get("volumeName"))
    return [
        "Terminating" if deleting(obj) else status.get("phase", ""),
        spec.get("volumeName", ""),
        inside(status, "capacity").get("storage", "") if bound else "",
        _modes(status.get("accessModes")) if bound else "",
        spec.get("storageClassName") or "",
        "<unset>",
        spec.get("volumeMode") or "<unset>",
    ]


def _volume(obj: Obj, _now: datetime) -> list[Any]:
    spec, status = obj["spec"], inside(obj, "status")
    claim = spec.get("claimRef")
    return [
        inside(spec, "capacity").get("storage", ""),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if deleting(obj) else status.get("phase", ""),
        f"{claim['namespace']}/{claim['name']}" if claim else "",
        spec.get("storageClassName") or "",
        "<unset>",
        status.get("reason", ""),
        spec.get("volumeMode") or "<unset>",
    ]


def _storage_class(obj: Obj, _now: datetime) -> list[Any]:
    policy, mode = obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")
    return [obj.get("provisioner", ""), policy, mode, str(bool(obj.get("allowVolumeExpansion"))).lower()]


def _data(obj: Obj, _now: datetime) -> list[Any]:
    return [len(inside(obj, "data")) + len(inside(obj, "binaryData"))]


def _secret(obj: Obj, _now: datetime) -> list[Any]:
    return [obj.get("type", "Opaque"), len(inside(obj, "data"))]


def _account(obj: Obj, _now: datetime) -> list[Any]:
    return [len(each(obj, "secrets"))]


def _event(obj: Obj, now: datetime) -> list[Any]:
    about = obj["involvedObject"]
    again = inside(obj, "series").get("lastObservedTime")
    last = again or obj.get("lastTimestamp") or obj.get("eventTime") or obj["metadata"].get("creationTimestamp")
    first = obj.get("firstTimestamp") or obj.get("eventTime") or obj["metadata"].get("creationTimestamp")
    source = inside(obj, "source")
    component, host = source.get("component") or obj.get("reportingComponent", ""), source.get("host") or obj.get("reportingInstance", "")
    return [
        timestamps.since(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        ", ".join(part for part in (component, host) if part),
        (obj.get("message") or "").strip(),
        timestamps.since(first, now),
        inside(obj, "series").get("count") or obj.get("count") or 1,
    ]


def _lease(obj: Obj, _now: datetime) -> list[Any]:
    return [obj["spec"].get("holderIdentity", "")]


def _ingress(obj: Obj, _now: datetime) -> list[Any]:
    spec = inside(obj, "spec")
    hosts = ",".join(rule.get("host") or "*" for rule in each(spec, "rules")) or "*"
    given = each(obj, "status", "loadBalancer", "ingress")
    address = ",".join(i.get("ip") or i.get("hostname", "") for i in given)
    ports = "80, 443" if spec.get("tls") else "80"
    return [spec.get("ingressClassName") or "<none>", hosts, address, ports]


def _role_time(obj: Obj, _now: datetime) -> list[Any]:
    return [obj["metadata"].get("creationTimestamp")]


def _binding(obj: Obj, _now: datetime) -> list[Any]:
    role = obj["roleRef"]
    by_kind: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in each(obj, "subjects"):
        space = f"{subject['namespace']}/" if subject["kind"] == "ServiceAccount" and subject.get("namespace") else ""
        by_kind.setdefault(subject["kind"], []).append(space + subject["name"])
    return [f"{role['kind']}/{role['name']}", *(", ".join(by_kind[kind]) for kind in ("User", "Group", "ServiceAccount"))]


def _quota(obj: Obj, _now: datetime) -> list[Any]:
    hard, used = inside(obj, "status", "hard"), inside(obj, "status", "used")
    limits = {name for name in hard if name.startswith("limits.")}

    def said(names: list[str]) -> str:
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)

    return [said(sorted(set(hard) - limits)), said(sorted(limits))]


def _definition(obj: Obj, _now: datetime) -> list[Any]:
    return [obj["metadata"].get("creationTimestamp")]


def _priority(obj: Obj, _now: datetime) -> list[Any]:
    return [obj.get("value", 0), bool(obj.get("globalDefault")), obj.get("preemptionPolicy", "PreemptLowerPriority")]


_NODE = ("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime")
ROWS = {
    "nodes": Rows(columns("Name", "Status", "Roles", "Age", "Version", wide=_NODE), _node),
    "namespaces": Rows(columns("Name", "Status", "Age"), _namespace),
    "services": Rows(
        columns("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", wide=("Selector",)), _service
    ),
    "endpoints": Rows(columns("Name", "Endpoints", "Age"), _endpoints),
    "endpointslices.discovery.k8s.io": Rows(columns("Name", "AddressType", "Ports", "Endpoints", "Age"), _slice),
    "persistentvolumeclaims": Rows(
        columns("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age",
                wide=("VolumeMode",)),
        _claim,
    ),
    "persistentvolumes": Rows(
        columns("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass",
                "VolumeAttributesClass", "Reason", "Age", wide=("VolumeMode",)),
        _volume,
    ),
    "storageclasses.storage.k8s.io": Rows(
        columns("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"), _storage_class
    ),
    "configmaps": Rows(columns("Name", "Data", "Age"), _data),
    "secrets": Rows(columns("Name", "Type", "Data", "Age"), _secret),
    "serviceaccounts": Rows(columns("Name", "Secrets", "Age"), _account),
    "events": Rows(
        (*columns("Last Seen", "Type", "Reason", "Object"), *columns(wide=("Subobject", "Source")), *columns("Message"),
         *columns(wide=("First Seen", "Count", "Name"))),
        _event,
    ),
    "leases.coordination.k8s.io": Rows(columns("Name", "Holder", "Age"), _lease),
    "ingresses.networking.k8s.io": Rows(columns("Name", "Class", "Hosts", "Address", "Ports", "Age"), _ingress),
    "roles.rbac.authorization.k8s.io": Rows(columns("Name", "Created At"), _role_time),
    "clusterroles.rbac.authorization.k8s.io": Rows(columns("Name", "Created At"), _role_time),
    "rolebindings.rbac.authorization.k8s.io": Rows(
        columns("Name", "Role", "Age", wide=("Users", "Groups", "ServiceAccounts")), _binding
    ),
    "clusterrolebindings.rbac.authorization.k8s.io": Rows(
        columns("Name", "Role", "Age", wide=("Users", "Groups", "ServiceAccounts")), _binding
    ),
    "resourcequotas": Rows(columns("Name", "Request", "Limit", "Age"), _quota),
    "customresourcedefinitions.apiextensions.k8s.io": Rows(columns("Name", "Created At"), _definition),
    "priorityclasses.scheduling.k8s.io": Rows(
        columns("Name", "Value", "Global-Default", "PreemptionPolicy", "Age"), _priority
    ),
}  # fmt: skip
