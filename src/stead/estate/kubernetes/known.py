"""The built-in kinds by every name that people and models use for them: `deploy`, `Deployment`, `deployments.apps`."""

from __future__ import annotations

from stead.estate.kubernetes.resources import Resource

_BUILT_IN: tuple[tuple[str, str, str, bool, str], ...] = (
    ("v1", "pods", "Pod", True, "po"),
    ("v1", "nodes", "Node", False, "no"),
    ("v1", "namespaces", "Namespace", False, "ns"),
    ("v1", "services", "Service", True, "svc"),
    ("v1", "endpoints", "Endpoints", True, "ep"),
    ("v1", "configmaps", "ConfigMap", True, "cm"),
    ("v1", "secrets", "Secret", True, ""),
    ("v1", "events", "Event", True, "ev"),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, "pvc"),
    ("v1", "persistentvolumes", "PersistentVolume", False, "pv"),
    ("v1", "serviceaccounts", "ServiceAccount", True, "sa"),
    ("v1", "resourcequotas", "ResourceQuota", True, "quota"),
    ("v1", "limitranges", "LimitRange", True, "limits"),
    ("apps/v1", "deployments", "Deployment", True, "deploy"),
    ("apps/v1", "replicasets", "ReplicaSet", True, "rs"),
    ("apps/v1", "statefulsets", "StatefulSet", True, "sts"),
    ("apps/v1", "daemonsets", "DaemonSet", True, "ds"),
    ("apps/v1", "controllerrevisions", "ControllerRevision", True, ""),
    ("batch/v1", "jobs", "Job", True, ""),
    ("batch/v1", "cronjobs", "CronJob", True, "cj"),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, "hpa"),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", True, "pdb"),
    ("networking.k8s.io/v1", "ingresses", "Ingress", True, "ing"),
    ("networking.k8s.io/v1", "ingressclasses", "IngressClass", False, ""),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", True, "netpol"),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", True, ""),
    ("storage.k8s.io/v1", "storageclasses", "StorageClass", False, "sc"),
    ("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", False, ""),
    ("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", False, "pc"),
    ("rbac.authorization.k8s.io/v1", "roles", "Role", True, ""),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", True, ""),
    ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", False, ""),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", False, ""),
    ("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False, ""),
    ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False, ""),
    ("coordination.k8s.io/v1", "leases", "Lease", True, ""),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", False, "crd"),
)
"""(API version, plural, kind, namespaced, short name), as `kubectl api-resources` of a 1.36 server prints them."""


def find(word: str) -> Resource | None:
    """The built-in resource that is meant; None for a word that is none."""
    name = word.strip().casefold()
    return _NAMES.get(name) or _NAMES.get(name.partition(".")[0] if name in _FULL else name)


def _names() -> dict[str, Resource]:
    named: dict[str, Resource] = {}
    for version, plural, kind, namespaced, short in _BUILT_IN:
        resource = Resource(version, plural, kind, namespaced)
        for name in (plural, kind.casefold(), short, resource.full_name):
            if name:
                named[name] = resource
    return named


_NAMES = _names()
_FULL = frozenset(name for name in _NAMES if "." in name)
