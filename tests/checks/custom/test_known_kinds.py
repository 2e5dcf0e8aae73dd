"""What the rules say of known kinds: one row for each way to be, from what the documents say that their fields mean."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.custom.custom_resource import custom_resource
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata

NEVER = "1970-01-01T00:00:00Z"
WAITS = "…"
"""What marks a reason that is only waited for."""

FLUX, HELM = "kustomize.toolkit.fluxcd.io/v1 Kustomization", "helm.toolkit.fluxcd.io/v2 HelmRelease"
APP, ROLLOUT, WORKFLOW = (f"argoproj.io/v1alpha1 {kind}" for kind in ("Application", "Rollout", "Workflow"))
CNPG, GATEWAY, ROUTE = "postgresql.cnpg.io/v1 Cluster", "gateway.networking.k8s.io/v1 Gateway", "gateway.networking.k8s.io/v1 HTTPRoute"
LONGHORN, CEPH = "longhorn.io/v1beta2 Volume", "ceph.rook.io/v1 CephCluster"
VELERO, LOCATION = "velero.io/v1 Backup", "velero.io/v1 BackupStorageLocation"
SNAPSHOT, VOLSYNC = "snapshot.storage.k8s.io/v1 VolumeSnapshot", "volsync.backube/v1alpha1 ReplicationSource"
VM, DATA = "kubevirt.io/v1 VirtualMachine", "cdi.kubevirt.io/v1beta1 DataVolume"
SCALED, MONITOR = "keda.sh/v1alpha1 ScaledObject", "monitoring.coreos.com/v1 ServiceMonitor"
KAFKA, RABBIT = "kafka.strimzi.io/v1beta2 Kafka", "rabbitmq.com/v1beta1 RabbitmqCluster"


def obj(what: str, status: Json | None = None, spec: Json | None = None, *conditions: Json, **meta: Any) -> Json:
    api_version, kind = what.split()
    whole = (status or {}) | ({"conditions": list(conditions)} if conditions else {})
    made = metadata("it", creationTimestamp=ago(days=20), generation=2) | meta
    return {"apiVersion": api_version, "kind": kind, "metadata": made, "spec": spec or {}, "status": whole}


def ready(what: str, status: str, reason: str, since: str = "", *more: Json) -> Json:
    return obj(what, None, None, condition("Ready", status, since, reason=reason, message="…"), *more)


def look(*objects: Json) -> list[Finding]:
    return judge(custom_resource, *objects, now=NOW)


def parents(*conditions: Json) -> Json:
    return {"parents": [{"parentRef": {"name": "web"}, "controllerName": "example.com/c", "conditions": list(conditions)}]}


LISTENER = [
    {"name": "https", "conditions": [condition("ResolvedRefs", "False", reason="InvalidCertificateRef"), condition("Programmed", "True")]}
]
AUTOMATED = {"syncPolicy": {"automated": {}}}

ROWS: list[tuple[Json, str]] = [
    # Flux
    (ready(FLUX, "True", "ReconciliationSucceeded"), ""),
    (ready(FLUX, "False", "BuildFailed", ago(minutes=1)), "NotReady"),
    (ready(FLUX, "False", "HealthCheckFailed"), "NotReady"),
    (ready(FLUX, "False", "DependencyNotReady", ago(minutes=3)), WAITS + "NotReady"),
    (ready(FLUX, "False", "DependencyNotReady", ago(hours=3)), "NotReady"),
    (ready(FLUX, "Unknown", "Progressing", ago(minutes=3), condition("Reconciling")), WAITS + "NotReady"),
    (ready(FLUX, "False", "BuildFailed") | {"spec": {"suspend": True}}, ""),
    (obj(FLUX), "NotReconciled"),
    (obj(FLUX, creationTimestamp=ago(minutes=2)), WAITS + "NotReconciled"),
    (ready(HELM, "False", "InstallFailed", "", condition("Stalled", reason="RetriesExceeded")), "NotReady"),
    (ready(HELM, "True", "UpgradeSucceeded", "", condition("Released", "False", reason="UpgradeFailed")), ""),
    (ready("source.toolkit.fluxcd.io/v1 GitRepository", "False", "GitOperationFailed"), "NotReady"),
    (ready("source.toolkit.fluxcd.io/v1 GitRepository", "True", "Succeeded", "", condition("FetchFailed", "True")), "FetchFailed"),
    (obj("source.toolkit.fluxcd.io/v1 HelmRepository", {}, {"type": "oci"}), ""),
    # Argo
    (obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "Synced"}}), ""),
    (obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}}), ""),
    (obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}}, AUTOMATED), WAITS + "OutOfSync"),
    (obj(APP, {"health": {"status": "Degraded"}, "sync": {"status": "Synced"}}), "Degraded"),
    (obj(APP, {"health": {"status": "Missing"}, "sync": {"status": "OutOfSync"}}), ""),
    (obj(APP, {"health": {"status": "Suspended"}, "sync": {"status": "Synced"}}), ""),
    (obj(APP, {"health": {"status": "Progressing", "lastTransitionTime": ago(hours=2)}, "sync": {"status": "Synced"}}), "StillWaiting"),
    (
        obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "Unknown"}}, None, {"type": "ComparisonError", "message": "no repo"}),
        "ComparisonError",
    ),
    (obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}, "operationState": {"phase": "Failed"}}), "SyncFailed"),
    (obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "Synced"}, "operationState": {"phase": "Failed"}}), ""),
    (
        obj("argoproj.io/v1alpha1 ApplicationSet", None, None, condition("ErrorOccurred", reason="ApplicationGenerationFromParamsError")),
        "ErrorOccurred",
    ),
    (obj("argoproj.io/v1alpha1 ApplicationSet", None, None, condition("ErrorOccurred", "False"), condition("ResourcesUpToDate")), ""),
    (obj(ROLLOUT, {"phase": "Degraded", "message": "aborted"}), "Failed"),
    (obj(ROLLOUT, {"phase": "Paused"}, None, condition("Available", "False"), condition("Completed", "False")), ""),
    (obj(WORKFLOW, {"phase": "Error", "finishedAt": ago(hours=1)}), "Failed"),
    (obj(WORKFLOW, {"phase": "Running"}), ""),
    # cert-manager
    (ready("cert-manager.io/v1 ClusterIssuer", "False", "ErrRegisterACMEAccount", ago(seconds=5)), "NotReady"),
    (ready("cert-manager.io/v1 Issuer", "True", "KeyPairVerified"), ""),
    (ready("cert-manager.io/v1 CertificateRequest", "False", "Failed"), "NotReady"),
    (ready("cert-manager.io/v1 CertificateRequest", "False", "Pending", ago(minutes=3)), WAITS + "NotReady"),
    (obj("acme.cert-manager.io/v1 Order", {"state": "invalid", "reason": "…"}), "Failed"),
    (obj("acme.cert-manager.io/v1 Order", {"state": "valid"}), ""),
    (
        obj("acme.cert-manager.io/v1 Challenge", {"state": "pending", "reason": "…"}, creationTimestamp=ago(minutes=5)),
        WAITS + "StillWaiting",
    ),
    (obj("acme.cert-manager.io/v1 Challenge", {"state": "pending", "reason": "…"}), "StillWaiting"),
    # Secrets
    (ready("external-secrets.io/v1 ExternalSecret", "False", "SecretSyncedError"), "NotReady"),
    (ready("external-secrets.io/v1 ExternalSecret", "True", "SecretSynced"), ""),
    (ready("external-secrets.io/v1 ClusterSecretStore", "False", "InvalidProviderConfig"), "NotReady"),
    (obj("secrets.hashicorp.com/v1beta1 VaultAuth", {"valid": False, "error": "permission denied"}), "NotValid"),
    (
        obj("bitnami.com/v1alpha1 SealedSecret", None, None, condition("Synced", "False", message="no key could decrypt secret")),
        "NotSynced",
    ),
    # Databases
    (obj(CNPG, {"phase": "Cluster in healthy state", "instances": 3, "readyInstances": 3}, {"instances": 3}, condition("Ready")), ""),
    (obj(CNPG, {"phase": "Not enough disk space"}, None, condition("Ready", "False", reason="ClusterIsNotReady")), "NeedsAPerson"),
    (
        obj(CNPG, {"phase": "Setting up primary"}, None, condition("Ready", "False", ago(minutes=2), reason="ClusterIsNotReady")),
        WAITS + "NotReady",
    ),
    (
        obj(CNPG, {}, None, condition("Ready"), condition("ContinuousArchiving", "False", reason="ContinuousArchivingFailing")),
        "NotContinuousArchiving",
    ),
    (obj(CNPG, {"phase": "x"}, None, condition("Ready", "False"), annotations={"cnpg.io/hibernation": "on"}), ""),
    (obj("postgresql.cnpg.io/v1 Backup", {"phase": "failed", "error": "…"}), "Failed"),
    (obj("acid.zalan.do/v1 postgresql", {"PostgresClusterStatus": "SyncFailed"}), "Failed"),
    (obj("elasticsearch.k8s.elastic.co/v1 Elasticsearch", {"health": "red", "phase": "Ready"}), "HealthRed"),
    (obj("elasticsearch.k8s.elastic.co/v1 Elasticsearch", {"health": "green", "phase": "Ready"}), ""),
    (obj("k8s.mariadb.com/v1alpha1 Backup", None, None, condition("Complete", "False", reason="JobFailed")), "NotComplete"),
    (obj(KAFKA, None, None, condition("NotReady", reason="FatalProblem")), "NotReady"),
    (obj(KAFKA, None, None, condition("Ready"), condition("Warning", reason="DeprecatedFields")), ""),
    (obj(RABBIT, None, None, condition("ClusterAvailable"), condition("NoWarnings", "False"), condition("AllReplicasReady")), ""),
    (obj(RABBIT, None, None, condition("ClusterAvailable", "False", reason="NoEndpointsAvailable")), "NotClusterAvailable"),
    # Storage and backups
    (obj(LONGHORN, {"state": "attached", "robustness": "healthy"}), ""),
    (obj(LONGHORN, {"state": "detached", "robustness": "unknown"}), ""),
    (obj(LONGHORN, {"state": "detached", "robustness": "faulted"}), "Faulted"),
    (obj(LONGHORN, {"state": "attached", "robustness": "degraded", "lastDegradedAt": ago(hours=2)}), "Degraded"),
    (obj(LONGHORN, {"state": "attached", "robustness": "degraded", "lastDegradedAt": ago(minutes=2)}), WAITS + "Degraded"),
    (obj("longhorn.io/v1beta2 BackupTarget", {"available": False}, {"backupTargetURL": ""}), ""),
    (
        obj("longhorn.io/v1beta2 Node", None, None, condition("Ready"), condition("Schedulable", "False", reason="KubernetesNodeCordoned")),
        "",
    ),
    (obj(CEPH, {"phase": "Ready", "ceph": {"health": "HEALTH_OK"}}), ""),
    (obj(CEPH, {"phase": "Ready", "ceph": {"health": "HEALTH_ERR", "lastChanged": ago(hours=1)}}), "HealthError"),
    (obj(CEPH, {"phase": "Ready", "ceph": {"health": "HEALTH_WARN", "lastChanged": ago(minutes=5)}}), WAITS + "HealthWarning"),
    (obj("ceph.rook.io/v1 CephBlockPool", {"phase": "Failure"}), "Failed"),
    (
        obj(
            VOLSYNC,
            {"latestMoverStatus": {"result": "Failed", "logs": "…"}},
            None,
            condition("Synchronizing", "False", reason="WaitingForSchedule"),
        ),
        "MoverFailed",
    ),
    (
        obj(
            VOLSYNC, {"latestMoverStatus": {"result": "Successful"}}, None, condition("Synchronizing", "False", reason="WaitingForSchedule")
        ),
        "",
    ),
    (obj(VOLSYNC, {}, None, condition("Synchronizing", "False", reason="Error")), "NotSynchronizing"),
    (obj(VELERO, {"phase": "PartiallyFailed"}), "Failed"),
    (obj(VELERO, {"phase": "Completed"}), ""),
    (obj(VELERO, {"phase": "InProgress", "startTimestamp": ago(hours=1)}), WAITS + "StillWaiting"),
    (obj(LOCATION, {"phase": "Unavailable", "message": "…"}), "Failed"),
    (obj(SNAPSHOT, {"readyToUse": False, "error": {"message": "…"}}), "SnapshotFailed"),
    (obj(SNAPSHOT, {"readyToUse": True, "error": {"message": "an old one"}}), ""),
    (obj(SNAPSHOT, {"readyToUse": False}, creationTimestamp=ago(minutes=3)), WAITS + "StillWaiting"),
    # Networks
    (obj(GATEWAY, {"listeners": LISTENER}, None, condition("Accepted"), condition("Programmed")), "NotResolvedRefs"),
    (obj(GATEWAY, {}, None, condition("Accepted"), condition("Programmed")), ""),
    (obj(GATEWAY, {}, None, condition("Accepted", "Unknown", ago(minutes=1), reason="Pending")), WAITS + "NotAccepted"),
    (
        obj(GATEWAY, {}, None, condition("Accepted", "Unknown", NEVER, reason="Pending"), creationTimestamp=ago(minutes=1)),
        WAITS + "NotAccepted",
    ),
    (obj(ROUTE, parents(condition("Accepted"), condition("ResolvedRefs", "False", reason="BackendNotFound"))), "NotResolvedRefs"),
    (obj(ROUTE, parents(condition("Accepted", "False", reason="NoMatchingParent"))), "NotAccepted"),
    (obj(ROUTE, parents(condition("Accepted"), condition("ResolvedRefs"))), ""),
    (obj(ROUTE, {"parents": []}), ""),
    (obj("cilium.io/v2 CiliumNetworkPolicy", None, None, condition("Valid", "False")), "NotValid"),
    (obj("cilium.io/v2 CiliumLoadBalancerIPPool", None, None, condition("cilium.io/PoolConflict")), "PoolConflict"),
    (obj("cilium.io/v2 CiliumLoadBalancerIPPool", None, None, condition("cilium.io/IPsAvailable", "Unknown", reason="noreason")), ""),
    (obj("metallb.io/v1beta1 IPAddressPool", {"availableIPv4": 0}), ""),
    (obj("traefik.io/v1alpha1 IngressRoute"), ""),
    (obj("projectcontour.io/v1 HTTPProxy", {"currentStatus": "invalid", "description": "…"}), "Failed"),
    # Work and scaling
    (obj(SCALED, None, None, condition("Ready"), condition("Active", "False"), condition("Fallback", "False")), ""),
    (obj(SCALED, None, None, condition("Ready", "False", reason="ScaledObjectCheckFailed")), "NotReady"),
    (obj(SCALED, None, None, condition("Ready"), condition("Fallback", reason="FallbackExists")), "Fallback"),
    (obj("monitoring.coreos.com/v1 Prometheus", None, None, condition("Available", "Degraded", reason="SomePodsNotReady")), "NotAvailable"),
    (
        obj(MONITOR, {"bindings": [{"name": "k8s", "conditions": [condition("Accepted", "False", reason="InvalidConfiguration")]}]}),
        "NotAccepted",
    ),
    (obj("tekton.dev/v1 PipelineRun", None, None, condition("Succeeded", "False", reason="Failed")), "NotSucceeded"),
    (obj("tekton.dev/v1 PipelineRun", None, None, condition("Succeeded", "False", reason="Cancelled")), ""),
    (obj("tekton.dev/v1 TaskRun", None, None, condition("Succeeded", "Unknown", reason="Running")), WAITS + "NotSucceeded"),
    (
        obj(
            "serving.knative.dev/v1 Revision",
            None,
            None,
            condition("Ready"),
            condition("Active", "False", severity="Info", reason="NoTraffic"),
        ),
        "",
    ),
    (obj("serving.knative.dev/v1 Service", None, None, condition("Ready", "False", reason="RevisionFailed")), "NotReady"),
    (obj("operators.coreos.com/v1alpha1 ClusterServiceVersion", {"phase": "Failed", "message": "…"}), "Failed"),
    (obj("operators.coreos.com/v1alpha1 InstallPlan", {"phase": "RequiresApproval"}), ""),
    (obj("kyverno.io/v1 ClusterPolicy", None, None, condition("Ready", "False", reason="Failed")), "NotReady"),
    (obj(VM, {"printableStatus": "Running"}, None, condition("Ready")), ""),
    (obj(VM, {"printableStatus": "Stopped"}, None, condition("Ready", "False", reason="VMINotExists")), ""),
    (obj(VM, {"printableStatus": "ErrorUnschedulable"}), "Failed"),
    (obj(DATA, {"phase": "WaitForFirstConsumer"}), ""),
    (obj(DATA, {"phase": "ImportInProgress", "restartCount": 9}), "Restarting"),
    (
        obj(
            "pkg.crossplane.io/v1 Provider",
            None,
            None,
            condition("Installed"),
            condition("Healthy", "False", reason="UnhealthyPackageRevision"),
        ),
        "NotHealthy",
    ),
    (obj("cluster.x-k8s.io/v1beta1 Machine", {"phase": "Failed", "failureMessage": "…"}), "Failed"),
    (
        obj(
            "cluster.x-k8s.io/v1beta1 Cluster",
            {"phase": "Provisioned"},
            None,
            condition("Ready", "False", severity="Info", reason="ScalingUp"),
        ),
        "",
    ),
    (obj("helm.cattle.io/v1 HelmChart", None, None, condition("Failed", reason="Job has reached deadline")), "Failed"),
    (obj("k8up.io/v1 Backup", {"finished": True}, None, condition("Completed", reason="Failed")), "Failed"),
    (obj("k8up.io/v1 Backup", {"finished": True}, None, condition("Completed", reason="Succeeded")), ""),
]


@pytest.mark.parametrize(("it", "said"), ROWS, ids=lambda one: one["kind"] if isinstance(one, dict) else one or "well")
def test_a_known_kind_is_judged_as_its_documents_say(it: Json, said: str) -> None:
    found = [WAITS * (f.state is FindingState.PROGRESSING) + f.reason for f in look(it)]
    assert found == ([said] if said else [])


def refs(it: Json) -> set[str]:
    (found,) = look(it)
    return {f"{subject.group}/{subject}" for subject in found.depends_on}


def test_what_a_kind_names_explains_it() -> None:
    kustomization = ready(FLUX, "False", "BuildFailed") | {
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "home"}, "dependsOn": [{"name": "base"}]}
    }
    assert refs(kustomization) >= {
        "source.toolkit.fluxcd.io/GitRepository payments/home",
        "kustomize.toolkit.fluxcd.io/Kustomization payments/base",
    }
    secret = ready("external-secrets.io/v1 ExternalSecret", "False", "SecretSyncedError")
    secret["spec"] = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"}}
    assert "external-secrets.io/ClusterSecretStore vault" in refs(secret)
    route = obj(
        ROUTE, parents(condition("Accepted", "False", reason="NoMatchingParent")), {"parentRefs": [{"name": "web", "namespace": "edge"}]}
    )
    assert "gateway.networking.k8s.io/Gateway edge/web" in refs(route)
    mine, theirs = (ready("secrets.hashicorp.com/v1beta1 VaultDynamicSecret", "False", "SecretSyncError") for _ in range(2))
    mine["spec"], theirs["spec"] = {"vaultAuthRef": "default"}, {"vaultAuthRef": "vault/default"}
    assert "secrets.hashicorp.com/VaultAuth payments/default" in refs(mine)
    assert "secrets.hashicorp.com/VaultAuth vault/default" in refs(theirs)
    unwell = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "api", "health": {"status": "Degraded"}}
    assert "apps/Deployment shop/api" in refs(obj(APP, {"health": {"status": "Degraded"}, "resources": [unwell]}))


def test_severity_follows_what_is_lost() -> None:
    (faulted,) = look(obj(LONGHORN, {"state": "detached", "robustness": "faulted"}))
    (archive,) = look(
        obj(CNPG, {}, None, condition("Ready"), condition("ContinuousArchiving", "False", reason="ContinuousArchivingFailing"))
    )
    (drift,) = look(obj(APP, {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}}, AUTOMATED))
    assert (faulted.severity, archive.severity, drift.severity) == (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def test_a_failed_backup_is_history_when_a_later_one_of_its_schedule_is_well() -> None:
    def backup(name: str, phase: str, hours: float) -> Json:
        labels = {"velero.io/schedule-name": "nightly"}
        return obj(VELERO, {"phase": phase}, name=name, creationTimestamp=ago(hours=hours), labels=labels)

    failed = backup("nightly-20260104", "Failed", 30)
    assert look(failed)
    assert look(failed, backup("nightly-20260105", "Completed", 6)) == []
    assert look(failed, backup("nightly-20260105", "InProgress", 1))[0].subject.name.startswith("nightly")
