"""The built-in resources, as rows. Source: the discovery documents of a 1.36 server.

A resource that stands here is stored, served, watched, listed and patched; what makes it alive is a controller.
"""

from __future__ import annotations

from stead.practice.api.resources import Resource

_READ = ("get", "list")
_CREATE = ("create",)
_POD_PARTS = ("status", "log", "eviction", "binding", "ephemeralcontainers", "exec", "attach", "portforward", "proxy")


def _core(kind: str, plural: str, *short: str, parts: tuple[str, ...] = (), generation: bool = False,
          namespaced: bool = True, categories: tuple[str, ...] = (), verbs: tuple[str, ...] = ()) -> Resource:  # fmt: skip
    return _in("", "v1", kind, plural, *short, parts=parts, generation=generation, namespaced=namespaced,
               categories=categories, verbs=verbs)  # fmt: skip


def _in(group: str, version: str, kind: str, plural: str, *short: str, parts: tuple[str, ...] = (),
        generation: bool = False, namespaced: bool = True, categories: tuple[str, ...] = (),
        verbs: tuple[str, ...] = (), key: str = "") -> Resource:  # fmt: skip
    resource = Resource(group, version, kind, plural, kind.lower(), namespaced, short, categories, parts, generation=generation, key=key)
    if not verbs:
        return resource
    return Resource(group, version, kind, plural, kind.lower(), namespaced, short, categories, parts, verbs, generation, key=key)


_ALL = ("all",)

BUILTIN: tuple[Resource, ...] = (
    _core("Binding", "bindings", verbs=_CREATE),
    _core("ConfigMap", "configmaps", "cm"),
    _core("Endpoints", "endpoints", "ep"),
    _core("Event", "events", "ev"),
    _core("LimitRange", "limitranges", "limits"),
    _core("Namespace", "namespaces", "ns", namespaced=False, parts=("status", "finalize")),
    _core("Node", "nodes", "no", namespaced=False, parts=("status", "proxy")),
    _core("PersistentVolumeClaim", "persistentvolumeclaims", "pvc", parts=("status",)),
    _core("PersistentVolume", "persistentvolumes", "pv", namespaced=False, parts=("status",)),
    _core("Pod", "pods", "po", parts=_POD_PARTS, generation=True, categories=_ALL),
    _core("PodTemplate", "podtemplates"),
    _core("ReplicationController", "replicationcontrollers", "rc", parts=("status", "scale"), generation=True, categories=_ALL),
    _core("ResourceQuota", "resourcequotas", "quota", parts=("status",)),
    _core("Secret", "secrets"),
    _core("ServiceAccount", "serviceaccounts", "sa", parts=("token",)),
    _core("Service", "services", "svc", parts=("status", "proxy"), categories=_ALL),
    _in("apps", "v1", "ControllerRevision", "controllerrevisions"),
    _in("apps", "v1", "DaemonSet", "daemonsets", "ds", parts=("status",), generation=True, categories=_ALL),
    _in("apps", "v1", "Deployment", "deployments", "deploy", parts=("scale", "status"), generation=True, categories=_ALL),
    _in("apps", "v1", "ReplicaSet", "replicasets", "rs", parts=("scale", "status"), generation=True, categories=_ALL),
    _in("apps", "v1", "StatefulSet", "statefulsets", "sts", parts=("scale", "status"), generation=True, categories=_ALL),
    _in("events.k8s.io", "v1", "Event", "events", "ev", key="events"),
    _in("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False, verbs=_CREATE),
    _in("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", namespaced=False, verbs=_CREATE),
    _in("authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", verbs=_CREATE),
    _in("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False, verbs=_CREATE),
    _in("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", namespaced=False, verbs=_CREATE),
    _in("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False, verbs=_CREATE),
    _in("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", parts=("status",), categories=_ALL),
    _in("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", parts=("status",), categories=_ALL),
    _in("batch", "v1", "CronJob", "cronjobs", "cj", parts=("status",), generation=True, categories=_ALL),
    _in("batch", "v1", "Job", "jobs", parts=("status",), generation=True, categories=_ALL),
    _in("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", "csr", namespaced=False,
        parts=("approval", "status")),
    _in("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False, generation=True),
    _in("networking.k8s.io", "v1", "Ingress", "ingresses", "ing", parts=("status",), generation=True),
    _in("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", generation=True),
    _in("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", namespaced=False),
    _in("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", parts=("status",), generation=True),
    _in("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _in("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False),
    _in("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    _in("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    _in("storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", namespaced=False),
    _in("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", namespaced=False, parts=("status",)),
    _in("storage.k8s.io", "v1", "CSIDriver", "csidrivers", namespaced=False),
    _in("storage.k8s.io", "v1", "CSINode", "csinodes", namespaced=False),
    _in("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities"),
    _in("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd", "crds",
        namespaced=False, parts=("status",), generation=True, categories=("api-extensions",)),
    _in("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
        namespaced=False, generation=True, categories=("api-extensions",)),
    _in("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations",
        namespaced=False, generation=True, categories=("api-extensions",)),
    _in("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies",
        namespaced=False, parts=("status",), generation=True, categories=("api-extensions",)),
    _in("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings",
        namespaced=False, generation=True, categories=("api-extensions",)),
    _in("apiregistration.k8s.io", "v1", "APIService", "apiservices", namespaced=False, parts=("status",),
        categories=("api-extensions",)),
    _in("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", namespaced=False, generation=True),
    _in("coordination.k8s.io", "v1", "Lease", "leases"),
    _in("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    _in("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", "flowschemas", namespaced=False, parts=("status",), generation=True),
    _in("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", namespaced=False,
        parts=("status",), generation=True),
    _in("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", namespaced=False, verbs=_READ),
    _in("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", verbs=_READ),
)  # fmt: skip
