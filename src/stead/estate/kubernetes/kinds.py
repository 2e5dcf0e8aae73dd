"""Which kinds Stead reads, where the API serves them, and the slice that each is decoded into."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

import msgspec

from stead.estate.kubernetes import slices


@dataclass(frozen=True, slots=True)
class Kind:
    """`api_version` is group/version as objects carry it; `plural` the name in URLs; `struct` the slice."""

    api_version: str
    plural: str
    kind: str
    struct: type[slices.Object]
    namespaced: bool

    @property
    def group(self) -> str:
        """The API group, "" for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def resource(self) -> str:
        """The name that kubectl understands without doubt: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def optional(self) -> bool:
        """Whether the API comes with an add-on: where it is absent, that is no trouble."""
        return self.group == "cert-manager.io" or self.by_right

    @property
    def custom(self) -> bool:
        """Whether it came to be known by a definition in the cluster, or by an object in a dump."""
        return issubclass(self.struct, slices.Custom)

    @property
    def by_right(self) -> bool:
        """Whether it is looked at only where the read role covers it: refused from the first, it is *not covered*, and not blind."""
        return self.custom or self.group in ("apiextensions.k8s.io", "certificates.k8s.io")


KINDS: tuple[Kind, ...] = (
    Kind("v1", "nodes", "Node", slices.Node, False),
    Kind("v1", "namespaces", "Namespace", slices.Namespace, False),
    Kind("v1", "serviceaccounts", "ServiceAccount", slices.ServiceAccount, True),
    Kind("v1", "resourcequotas", "ResourceQuota", slices.ResourceQuota, True),
    Kind("v1", "persistentvolumes", "PersistentVolume", slices.PersistentVolume, False),
    Kind("v1", "replicationcontrollers", "ReplicationController", slices.ReplicationController, True),
    Kind("v1", "configmaps", "ConfigMap", slices.ConfigMap, True),
    Kind("v1", "persistentvolumeclaims", "PersistentVolumeClaim", slices.PersistentVolumeClaim, True),
    Kind("v1", "services", "Service", slices.Service, True),
    Kind("apps/v1", "deployments", "Deployment", slices.Deployment, True),
    Kind("apps/v1", "replicasets", "ReplicaSet", slices.ReplicaSet, True),
    Kind("apps/v1", "statefulsets", "StatefulSet", slices.StatefulSet, True),
    Kind("apps/v1", "daemonsets", "DaemonSet", slices.DaemonSet, True),
    Kind("batch/v1", "jobs", "Job", slices.Job, True),
    Kind("batch/v1", "cronjobs", "CronJob", slices.CronJob, True),
    Kind("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", slices.HorizontalPodAutoscaler, True),
    Kind("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", slices.PodDisruptionBudget, True),
    Kind("networking.k8s.io/v1", "ingresses", "Ingress", slices.Ingress, True),
    Kind("networking.k8s.io/v1", "ingressclasses", "IngressClass", slices.IngressClass, False),
    Kind("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", slices.NetworkPolicy, True),
    Kind("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", slices.EndpointSlice, True),
    Kind("storage.k8s.io/v1", "storageclasses", "StorageClass", slices.StorageClass, False),
    Kind("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", slices.VolumeAttachment, False),
    Kind("storage.k8s.io/v1", "csinodes", "CSINode", slices.CSINode, False),
    Kind("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", slices.PriorityClass, False),
    Kind("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", slices.RuntimeClass, False),
    Kind("rbac.authorization.k8s.io/v1", "roles", "Role", slices.Role, True),
    Kind("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", slices.ClusterRole, False),
    Kind("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", slices.RoleBinding, True),
    Kind("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", slices.ClusterRoleBinding, False),
    Kind(
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        slices.ValidatingWebhookConfiguration,
        False,
    ),
    Kind(
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        slices.MutatingWebhookConfiguration,
        False,
    ),
    Kind("apiregistration.k8s.io/v1", "apiservices", "APIService", slices.APIService, False),
    Kind("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", slices.CustomResourceDefinition, False),
    Kind(
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        "CertificateSigningRequest",
        slices.CertificateSigningRequest,
        False,
    ),
    Kind("cert-manager.io/v1", "certificates", "Certificate", slices.Certificate, True),
    Kind("v1", "pods", "Pod", slices.Pod, True),
)

_BY_STRUCT = {kind.struct: kind for kind in KINDS}
_BY_NAME = {(kind.group, kind.kind): kind for kind in KINDS}


def kind_of(struct: type) -> Kind:
    """The Kind of a slice. KeyError for a type that is none."""
    return _BY_STRUCT[struct]


def kind_named(api_version: str, kind: str) -> Kind | None:
    """The Kind of an object that calls itself so, whatever the version; None for one that is not read."""
    return _BY_NAME.get((api_version.rpartition("/")[0], kind))


@cache
def custom_kind(api_version: str, plural: str, kind: str, namespaced: bool) -> Kind:
    """The Kind of a custom resource, with a slice of its own, so that its objects stay apart from those of other kinds."""
    name = f"{kind}.{api_version}"
    struct = cast("type[slices.Custom]", msgspec.defstruct(name, [], bases=(slices.Custom,), frozen=True, kw_only=True, gc=False))
    made = Kind(api_version, plural, kind, struct, namespaced)
    _BY_STRUCT[struct] = made
    return made


def plural_of(kind: str) -> str:
    """The plural that kubebuilder makes of a kind's name, where nobody tells it: an object names only its kind."""
    name = kind.lower()
    if name.endswith("y") and name[-2:-1] not in tuple("aeiou"):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")
