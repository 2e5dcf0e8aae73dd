"""What a cluster has before anybody uses it: namespaces, the well-known roles, its own service; and the form of a kubeconfig."""

from __future__ import annotations

from pathlib import Path

from stead.practice.api.writes import Writes
from stead.practice.objects import Obj
from stead.practice.world import World

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_EVERYTHING: list[Obj] = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
# The heart of the aggregated `view` role, without Secrets: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
_VIEW: list[Obj] = [
    {
        "apiGroups": [""],
        "resources": [
            "configmaps", "endpoints", "events", "limitranges", "namespaces", "persistentvolumeclaims",
            "persistentvolumeclaims/status", "pods", "pods/log", "pods/status", "replicationcontrollers", "resourcequotas",
            "serviceaccounts", "services", "services/status",
        ],
        "verbs": _READ,
    },
    {
        "apiGroups": ["apps"],
        "resources": [f"{kind}{part}" for kind in ("daemonsets", "deployments", "replicasets", "statefulsets")
                      for part in ("", "/scale", "/status")] + ["controllerrevisions"],
        "verbs": _READ,
    },
    {"apiGroups": ["batch"], "resources": ["cronjobs", "cronjobs/status", "jobs", "jobs/status"], "verbs": _READ},
    {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets", "poddisruptionbudgets/status"], "verbs": _READ},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "ingresses/status", "networkpolicies"], "verbs": _READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": _READ},
    {"apiGroups": ["metrics.k8s.io"], "resources": ["nodes", "pods"], "verbs": ["get", "list"]},
]  # fmt: skip


def furnish(world: World, writes: Writes) -> None:
    for name in NAMESPACES:
        writes.create(world.registry.named("namespaces"), {"metadata": {"name": name}})
    for name, rules in (("cluster-admin", _EVERYTHING), ("view", _VIEW)):
        writes.create(world.registry.named("clusterroles"), {"metadata": {"name": name}, "rules": rules})
    subject = {"kind": "Group", "name": "system:masters"}
    reference = {"kind": "ClusterRole", "name": "cluster-admin"}
    binding = {"metadata": {"name": "cluster-admin"}, "subjects": [subject], "roleRef": reference}
    writes.create(world.registry.named("clusterrolebindings"), binding)
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    service = {"metadata": {"name": "kubernetes"}, "spec": {"clusterIP": "10.96.0.1", "ports": [port]}}
    writes.create(world.registry.named("services"), service, "default")


def role_for(user: str, rules: list[Obj], namespace: str) -> list[Obj]:
    """A role with the rules and its binding to the user."""
    scope = {"namespace": namespace} if namespace else {}
    kind = "Role" if namespace else "ClusterRole"
    name = user.replace(":", "-")
    role = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": name, **scope}, "rules": rules}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": name, **scope},
        "subjects": [{"kind": "User", "name": user}],
        "roleRef": {"kind": kind, "name": name},
    }
    return [role, binding]


def kubeconfig(url: str, ca_file: Path, user: str, token: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "practice", "cluster": {"server": url, "certificate-authority": str(ca_file.resolve())}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "practice", "context": {"cluster": "practice", "user": user, "namespace": "default"}}],
        "current-context": "practice",
    }
