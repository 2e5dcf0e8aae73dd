"""Which custom kinds a cluster serves: by its definitions where they may be read, else by what the API server says of itself.

Promise: one version of each kind, the one that the API server prefers; nothing that is built in, and nothing that cannot be watched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from stead.declare import Check
from stead.estate.kubernetes.kinds import Kind, custom_kind, kind_named
from stead.estate.kubernetes.slices import Custom, CustomResourceDefinition

MOST = 2_000
"""How many custom kinds are followed: Crossplane's largest providers bring about a thousand."""

BUILT_IN = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "internal.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
        "metrics",
        "custom.metrics",
        "external.metrics",
    )
) | {"subresources.kubevirt.io", "packages.operators.coreos.com"}
"""Groups with a dot that are no custom resources: those of Kubernetes (API reference) and of aggregated API servers."""

RECORDS = frozenset(
    {
        ("aquasecurity.github.io", ""),
        ("wgpolicyk8s.io", ""),
        ("reports.kyverno.io", ""),
        ("openreports.io", ""),
        ("spdx.softwarecomposition.kubescape.io", ""),
        ("cilium.io", "CiliumEndpoint"),
        ("cilium.io", "CiliumEndpointSlice"),
        ("cilium.io", "CiliumIdentity"),
        ("crd.projectcalico.org", ""),
        ("projectcalico.org", ""),
        ("metal3.io", "HardwareData"),
        ("kyverno.io", "UpdateRequest"),
        ("kyverno.io", "AdmissionReport"),
        ("kyverno.io", "BackgroundScanReport"),
        ("acme.cert-manager.io", "ChallengePayload"),
        ("snapshot.kubevirt.io", "VirtualMachineSnapshotContent"),
        ("velero.io", "DownloadRequest"),
        ("velero.io", "ServerStatusRequest"),
        ("argoproj.io", "WorkflowArtifactGCTask"),
        ("argoproj.io", "WorkflowTaskSet"),
        ("argoproj.io", "WorkflowTaskResult"),
        ("longhorn.io", "Setting"),
        ("k3s.cattle.io", "ETCDSnapshotFile"),
    }
)
"""(group, kind; "" for all): many objects that record something and have no health of their own. They are left where they are."""

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


def looks_at_custom(checks: Iterable[Check]) -> bool:
    """Whether one of them looks at custom resources, of whatever kinds there are."""
    return any(Custom in check.watches for check in checks)


def is_custom(api_version: str, kind: str) -> bool:
    """Whether an object that calls itself so is a custom resource that has a health: of no built-in group, and no mere record."""
    group = api_version.rpartition("/")[0]
    if "." not in group or group in BUILT_IN or kind_named(api_version, kind) is not None:
        return False
    return (group, "") not in RECORDS and (group, kind) not in RECORDS


def defined(definitions: Iterable[CustomResourceDefinition]) -> frozenset[Kind]:
    """The kinds that these definitions make, once the API server serves them."""
    return frozenset(sorted(filter(None, map(_kind, definitions)), key=lambda kind: kind.resource)[:MOST])


def definition_name(kind: Kind) -> str:
    """What the definition of a kind is called (apiextensions.k8s.io/v1)."""
    return kind.resource


def _kind(definition: CustomResourceDefinition) -> Kind | None:
    spec, meta = definition.spec, definition.metadata
    established = next((c.status for c in definition.status.conditions if c.type == "Established"), "True")
    versions = sorted((v.name for v in spec.versions if v.served and v.name), key=rank, reverse=True)
    if not versions or meta.deletion_timestamp is not None or established != "True":
        return None
    api_version, names = f"{spec.group}/{versions[0]}", spec.names
    if not (names.plural and names.kind and is_custom(api_version, names.kind)):
        return None
    return custom_kind(api_version, names.plural, names.kind, spec.scope != "Cluster")


def rank(version: str) -> tuple[int, int, int]:
    """GA before beta before alpha, the newest first: the API server's own order (CustomResourceDefinition, version priority)."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (-1, 0, 0)
    stage = {"alpha": 0, "beta": 1, None: 2}[found[2]]
    return (stage, int(found[1]), int(found[3] or 0))
