"""What the rules say of known kinds where the meaning of a field is easily missed: parts, pauses, older specs, nobody's objects."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.custom.custom_resource import custom_resource
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata

WAITS = "…"
"""What marks a reason that is only waited for."""

VOLUME, NODE = "longhorn.io/v1beta2 Volume", "longhorn.io/v1beta2 Node"
CNPG, APP, APPS = "postgresql.cnpg.io/v1 Cluster", "argoproj.io/v1alpha1 Application", "argoproj.io/v1alpha1 ApplicationSet"
ROUTE, ORDER = "gateway.networking.k8s.io/v1 HTTPRoute", "acme.cert-manager.io/v1 Order"
SECRET, MACHINE = "secrets.hashicorp.com/v1beta1 VaultStaticSecret", "cluster.x-k8s.io/v1beta2 Machine"
DATA = "cdi.kubevirt.io/v1beta1 DataVolume"
WIDGET = "shop.example.com/v1 Widget"
ROLLOUT = "argoproj.io/v1alpha1 Rollout"
CLAIM = "karpenter.sh/v1 NodeClaim"
REDIS, KAFKA, MIRROR = (
    "redis.redis.opstreelabs.in/v1beta2 RedisCluster",
    "kafka.strimzi.io/v1 Kafka",
    "kafka.strimzi.io/v1 KafkaMirrorMaker2",
)
TASK, GROUP, EXTENSION = "tekton.dev/v1 TaskRun", "operators.coreos.com/v1 OperatorGroup", "olm.operatorframework.io/v1 ClusterExtension"
PROVIDER = "pkg.crossplane.io/v1 Provider"
VM, FLUX = "kubevirt.io/v1 VirtualMachine", "kustomize.toolkit.fluxcd.io/v1 Kustomization"
ATTACHED = {"state": "attached", "robustness": "healthy"}
SYNCED = {"health": {"status": "Healthy"}, "sync": {"status": "Synced"}}


def obj(what: str, status: Json | None = None, spec: Json | None = None, *conditions: Json, **meta: Any) -> Json:
    api_version, kind = what.split()
    whole = (status or {}) | ({"conditions": list(conditions)} if conditions else {})
    made = metadata("it", creationTimestamp=ago(days=20), generation=2) | meta
    return {"apiVersion": api_version, "kind": kind, "metadata": made, "spec": spec or {}, "status": whole}


def look(*objects: Json) -> list[Finding]:
    return judge(custom_resource, *objects, now=NOW)


def disk(*conditions: Json) -> Json:
    return {"diskStatus": {"default-disk-1": {"conditions": list(conditions)}}}


def sync(phase: str, **started: float) -> Json:
    return SYNCED | {"operationState": {"phase": phase, "startedAt": ago(**started)}}


def parents(observed: int) -> Json:
    seen = [condition(type_, observedGeneration=observed) for type_ in ("Accepted", "ResolvedRefs")]
    return {"parents": [{"parentRef": {"name": "web"}, "controllerName": "example.com/c", "conditions": seen}]}


def dropped(status: str) -> Json:
    seen = [condition("Accepted"), condition("ResolvedRefs"), condition("PartiallyInvalid", status, reason="UnsupportedValue")]
    return {"parents": [{"parentRef": {"name": "web"}, "controllerName": "example.com/c", "conditions": seen}]}


def unhealthy(**since: float) -> Json:
    return condition("Healthy", "False", ago(**since), reason="UnhealthyPackageRevision")


ROWS: list[tuple[Json, str]] = [
    # Longhorn: the volume's own place, and each disk of a node.
    (obj(VOLUME, ATTACHED, None, condition("Scheduled")), ""),
    (obj(VOLUME, ATTACHED, None, condition("Scheduled", "False", reason="ReplicaSchedulingFailure")), "NotScheduled"),
    (obj(VOLUME, ATTACHED, None, condition("Scheduled", "False", reason="LocalReplicaSchedulingFailure")), ""),
    (obj(VOLUME, ATTACHED, None, condition("Restore", "True", reason="RestoreInProgress")), ""),
    (obj(VOLUME, {"state": "detached"}, None, condition("Restore", "False", reason="RestoreFailure")), "RestoreFailed"),
    (obj(NODE, disk(condition("Ready"), condition("Schedulable")), None, condition("Ready")), ""),
    (obj(NODE, disk(condition("Ready", "False", reason="DiskFilesystemChanged")), None, condition("Ready")), "NotReady"),
    (
        obj(NODE, disk(condition("Ready"), condition("Schedulable", "False", reason="DiskPressure")), None, condition("Ready")),
        "NotSchedulable",
    ),
    (obj(NODE, None, None, condition("Ready"), condition("RequiredPackages", "False", reason="UnknownOS")), ""),
    (
        obj(NODE, None, None, condition("Ready"), condition("RequiredPackages", "False", reason="PackagesNotInstalled")),
        "NotRequiredPackages",
    ),
    # CloudNativePG: what waits for a person, and what a person switched off.
    (obj(CNPG, {"phase": "Waiting for user action"}, None, condition("Ready", "False", reason="ClusterIsNotReady")), ""),
    (obj(CNPG, None, None, condition("Ready", "False"), annotations={"cnpg.io/reconciliationLoop": "disabled"}), ""),
    (obj(CNPG, {"phase": "Switchover in progress"}, None, condition("Ready", "False", ago(minutes=1))), WAITS + "NotReady"),
    # Argo CD
    (obj(APP, sync("Running", minutes=5)), WAITS + "SyncStuck"),
    (obj(APP, sync("Running", hours=5)), "SyncStuck"),
    (obj(APP, sync("Succeeded", hours=5)), ""),
    (obj(APPS, None, None, condition("ResourcesUpToDate", "False", reason="ApplicationSetError")), "NotResourcesUpToDate"),
    (obj(APPS), "NotReconciled"),
    (obj(APPS, creationTimestamp=ago(minutes=1)), WAITS + "NotReconciled"),
    # Gateway API: nobody has taken the route up.
    (obj(ROUTE, None, {"parentRefs": [{"name": "web"}]}), "NotTakenUp"),
    (obj(ROUTE, {"parents": []}, {"parentRefs": [{"name": "web"}]}, creationTimestamp=ago(minutes=1)), WAITS + "NotTakenUp"),
    (obj(ROUTE, None, {}), ""),
    # cert-manager: an order that is ready has no certificate yet.
    (obj(ORDER, {"state": "ready"}, creationTimestamp=ago(minutes=5)), WAITS + "StillWaiting"),
    (obj(ORDER, {"state": "ready"}), "StillWaiting"),
    (obj(ORDER, {"state": "errored", "reason": "…"}), "Failed"),
    # Vault Secrets Operator: the status tells of the last time that it went well.
    (obj(SECRET, {"lastGeneration": 2, "secretMAC": "x"}), ""),
    (obj(SECRET, {"lastGeneration": 1, "secretMAC": "x"}), WAITS + "NotReconciled"),
    (obj(SECRET), "NotReconciled"),
    # Cluster API, KEDA: Paused True
    (obj(MACHINE, None, None, condition("Paused"), condition("Available", "False", reason="NodeNotHealthy")), ""),
    (obj(MACHINE, None, None, condition("Paused", "False"), condition("Available", "False", reason="NodeNotHealthy")), "NotAvailable"),
    (obj("keda.sh/v1alpha1 ScaledObject", None, None, condition("Ready", "Unknown"), condition("Paused")), ""),
    # KubeVirt: paused by a person, and by a disk that is full or gone.
    (obj(VM, {"printableStatus": "Paused"}, None, condition("Paused", reason="PausedByUser")), ""),
    (obj(VM, {"printableStatus": "Paused"}, None, condition("Paused", reason="PausedIOError")), "PausedByError"),
    (
        obj("ceph.rook.io/v1 CephBlockPool", {"phase": "Ready", "mirroringStatus": {"summary": {"health": "ERROR"}}}),
        WAITS + "MirroringFailed",
    ),
    # Rollouts from before they had a phase
    (
        obj(ROLLOUT, None, None, condition("Progressing", "False", reason="ProgressDeadlineExceeded"), condition("Available")),
        "NotProgressing",
    ),
    (obj(ROLLOUT, {"abort": True}, None, condition("Progressing", "False", reason="RolloutAborted")), "NotProgressing"),
    (obj(ROLLOUT, None, None, condition("Progressing", "Unknown", reason="RolloutPaused"), condition("Available", "False")), ""),
    (obj(ROLLOUT, {"phase": "Healthy"}, None, condition("Progressing", reason="NewReplicaSetAvailable")), ""),
    # OpenShift, Gatekeeper, Open Cluster Management, Cluster API's parts
    (obj("route.openshift.io/v1 Route", {"ingress": [{"routerName": "default", "conditions": [condition("Admitted")]}]}), ""),
    (
        obj(
            "route.openshift.io/v1 Route",
            {"ingress": [{"routerName": "default", "conditions": [condition("Admitted", "False", reason="HostAlreadyClaimed")]}]},
        ),
        "NotAdmitted",
    ),
    (obj("config.openshift.io/v1 ClusterOperator", None, None, condition("Available"), condition("Upgradeable", "False")), ""),
    (obj("config.openshift.io/v1 ClusterOperator", None, None, condition("Available"), condition("Degraded", reason="X")), "Degraded"),
    (obj("templates.gatekeeper.sh/v1 ConstraintTemplate", {"byPod": [{"id": "a"}, {"errors": [{"message": "no rego"}]}]}), "Rejected"),
    (obj("templates.gatekeeper.sh/v1 ConstraintTemplate", {"created": True, "byPod": [{"id": "a"}]}), ""),
    (obj("policy.open-cluster-management.io/v1 Policy", {"compliant": "NonCompliant"}), WAITS + "NotCompliant"),
    (
        obj("addons.cluster.x-k8s.io/v1beta1 ClusterResourceSet", None, None, condition("ResourcesApplied", "False", reason="ApplyFailed")),
        "NotResourcesApplied",
    ),
    (obj("cluster.x-k8s.io/v1beta1 MachineHealthCheck", {"expectedMachines": 3, "currentHealthy": 2}), WAITS + "MachinesUnhealthy"),
    (obj("cluster.x-k8s.io/v1beta1 MachineHealthCheck", {"expectedMachines": 3, "currentHealthy": 3}), ""),
    # No rule: what their status says all the same
    (
        obj(
            "ec2.upbound.io/v1 VPC", None, None, condition("Synced"), condition("LastAsyncOperation", "False", reason="AsyncCreateFailure")
        ),
        "NotLastAsyncOperation",
    ),
    (obj("opentelemetry.io/v1 OpenTelemetryCollector", {"scale": {"replicas": 3, "statusReplicas": "1/3"}}), WAITS + "ReplicasShort"),
    (obj("opentelemetry.io/v1 OpenTelemetryCollector", {"scale": {"replicas": 3, "statusReplicas": "3/3"}}), ""),
    (obj("apps.kruise.io/v1 DaemonSet", {"desiredNumberScheduled": 3, "numberReady": 2}), WAITS + "ReplicasShort"),
    # MinIO, Velero
    (obj("minio.min.io/v2 Tenant", {"currentState": "Different versions across MinIO Pools"}), "NeedsAPerson"),
    (obj("minio.min.io/v2 Tenant", {"currentState": "Tenant credentials are not set properly"}), "NeedsAPerson"),
    (obj("minio.min.io/v2 Tenant", {"currentState": "Initialized", "healthStatus": "green"}), ""),
    (obj("velero.io/v1 Backup", {"phase": "FinalizingPartiallyFailed", "startTimestamp": ago(minutes=5)}), "Failed"),
    # Flagger, Karpenter
    (obj("flagger.app/v1beta1 Canary", {"phase": "Initialized", "lastTransitionTime": ago(days=9)}), ""),
    (obj("flagger.app/v1beta1 Canary", {"phase": "Failed"}), "Failed"),
    (obj("flagger.app/v1beta1 Canary", {"phase": "WaitingPromotion", "lastTransitionTime": ago(days=9)}), ""),
    (obj("flagger.app/v1beta1 Canary", {"phase": "Progressing", "lastTransitionTime": ago(minutes=9)}), WAITS + "StillWaiting"),
    (obj(CLAIM, None, None, condition("Launched"), condition("Registered", "Unknown", ago(minutes=9))), WAITS + "NotRegistered"),
    (obj(CLAIM, None, None, condition("Launched", "False", reason="LaunchFailed")), "NotLaunched"),
    (obj(CLAIM, None, None, condition("Ready"), condition("Drifted"), condition("Consolidatable")), ""),
    (obj("karpenter.sh/v1 NodePool", None, None, condition("Ready", "False", reason="NodeClassNotReady")), "NotReady"),
    (obj(DATA, {"phase": "ImportInProgress"}, None, condition("Running", "False", reason="Error", message="got 404")), "TransferFailed"),
    (obj(DATA, {"phase": "ImportInProgress"}, None, condition("Running"), creationTimestamp=ago(minutes=9)), WAITS + "StillWaiting"),
    (obj(DATA, {"phase": "Succeeded"}, None, condition("Running", "False", reason="Completed")), ""),
    # Databases: a cluster that moves its slots, a backup that waits for its cluster, a role that PostgreSQL refuses.
    (obj(REDIS, {"state": "Rebalancing", "reason": "…"}), WAITS + "StillWaiting"),
    (obj(REDIS, {"state": "Ready"}), ""),
    (obj("ps.percona.com/v1 PerconaServerMySQLBackup", {"state": "Suspended", "stateDescription": "…"}), ""),
    (obj("ps.percona.com/v1 PerconaServerMySQLBackup", {"state": "Error", "stateDescription": "…"}), "Failed"),
    (obj("pxc.percona.com/v1 PerconaXtraDBCluster", {"state": "error", "message": ["no quorum"]}), "Failed"),
    (obj("postgresql.cnpg.io/v1 DatabaseRole", {"applied": False, "message": "…"}), "NotApplied"),
    (obj("postgresql.cnpg.io/v1 DatabaseRole", {"applied": True, "observedGeneration": 2}), ""),
    # Strimzi: one that is being made is not ready for that reason.
    (obj(KAFKA, None, None, condition("NotReady", since=ago(minutes=3), reason="Creating")), WAITS + "NotReady"),
    (obj(KAFKA, None, None, condition("NotReady", since=ago(hours=3), reason="Creating")), "NotReady"),
    (obj(KAFKA, None, None, condition("ReconciliationPaused")), ""),
    (
        obj(MIRROR, {"connectors": [{"connector": {"state": "RUNNING"}, "tasks": [{"state": "FAILED"}]}]}, None, condition("Ready")),
        "TaskFailed",
    ),
    (obj(MIRROR, {"connectors": [{"connector": {"state": "RUNNING"}, "tasks": [{"state": "RUNNING"}]}]}, None, condition("Ready")), ""),
    # Tekton: a run that did not succeed is over, whatever it calls the reason.
    (obj(TASK, None, None, condition("Succeeded", "False", ago(minutes=9), reason="ParamArrayIndexOfNoArray")), "NotSucceeded"),
    (obj(TASK, None, None, condition("Succeeded", "False", reason="FailureIgnored")), ""),
    (obj(TASK, None, None, condition("Succeeded", "Unknown", ago(minutes=9), reason="ToBeRetried")), WAITS + "NotSucceeded"),
    # Operator Lifecycle Manager, before 1 and since
    (obj(GROUP, None, None, condition("MultipleOperatorGroup", reason="MultipleOperatorGroupsFound")), "MultipleOperatorGroup"),
    (obj(GROUP, None, None, condition("OperatorGroupServiceAccount", reason="ServiceAccountNotFound")), "OperatorGroupServiceAccount"),
    (obj(EXTENSION, None, None, condition("Installed"), condition("Progressing", reason="Succeeded")), ""),
    (obj(EXTENSION, None, None, condition("Installed"), condition("Progressing", "False", reason="Blocked")), "NotProgressing"),
    (obj(EXTENSION, None, None, condition("Installed"), condition("Progressing", reason="Retrying")), WAITS + "Retrying"),
    (obj("olm.operatorframework.io/v1 ClusterCatalog", None, {"availabilityMode": "Unavailable"}, condition("Serving", "False")), ""),
    (
        obj(
            "olm.operatorframework.io/v1 ClusterExtensionRevision",
            None,
            {"lifecycleState": "Archived"},
            condition("Available", "False", reason="Archived"),
        ),
        "",
    ),
    # Crossplane: a new revision that starts, and one that does not get there.
    (obj(PROVIDER, None, None, condition("Installed"), unhealthy(minutes=2)), WAITS + "NotHealthy"),
    (obj(PROVIDER, None, None, condition("Installed"), unhealthy(hours=2)), "NotHealthy"),
    # K8up: what should run before it failed, or it cannot be made.
    (obj("k8up.io/v1 Backup", None, None, condition("PreBackupPodReady", "False", reason="Failed")), "Failed"),
    (obj("k8up.io/v1 Backup", None, None, condition("Ready", "False", reason="CreationFailed")), WAITS + "NotStarted"),
    (obj("k8up.io/v1 Backup", {"started": True}, None, condition("Ready"), condition("Progressing", reason="Started")), ""),
    # Istio, Gateway API: an error and not a warning, a route of which a rule was dropped.
    (
        obj("networking.istio.io/v1 VirtualService", {"validationMessages": [{"level": "ERROR", "type": {"code": "IST0101"}}]}),
        "AnalysisError",
    ),
    (obj("networking.istio.io/v1 VirtualService", {"validationMessages": [{"level": "WARNING", "type": {"code": "IST0132"}}]}), ""),
    (obj(ROUTE, dropped("True")), "PartiallyInvalid"),
    (obj(ROUTE, dropped("False")), ""),
    # Knative: a service without traffic looks not ready from inside.
    (
        obj(
            "networking.internal.knative.dev/v1alpha1 ServerlessService",
            None,
            None,
            condition("Ready", "Unknown", reason="NoHealthyBackends"),
        ),
        "",
    ),
    (obj("autoscaling.internal.knative.dev/v1alpha1 PodAutoscaler", None, None, condition("Ready", "False", reason="NoTraffic")), ""),
    # Kyverno
    (obj("policies.kyverno.io/v1 NamespacedValidatingPolicy", {"conditionStatus": {"ready": False}}), WAITS + "NotReady"),
    (obj("policies.kyverno.io/v1 NamespacedValidatingPolicy", {"conditionStatus": {"ready": True}}), ""),
    # A node that boots, a repository of backups that cannot be reached, a database that a person fenced.
    (
        obj(CLAIM, None, None, condition("Launched"), condition("Ready", "False", ago(minutes=9), reason="UnhealthyDependents")),
        WAITS + "NotReady",
    ),
    (obj(CLAIM, None, None, condition("Launched"), condition("Ready", "False", ago(hours=9), reason="UnhealthyDependents")), "NotReady"),
    (obj("velero.io/v1 BackupRepository", {"phase": "NotReady", "message": "…", "lastMaintenanceTime": ago(minutes=1)}), "Failed"),
    (obj(CNPG, None, None, condition("Ready", "False"), annotations={"cnpg.io/fencedInstances": '["*"]'}), ""),
    # What a person tells the operator to leave alone; Flux's annotation keeps a Kustomization from being written, and from nothing else.
    (obj("ceph.rook.io/v1 CephCluster", {"phase": "Failure"}, labels={"ceph.rook.io/do-not-reconcile": "true"}), ""),
    (obj("k8s.mariadb.com/v1alpha1 MariaDB", None, {"suspend": True}, condition("Ready", "False", reason="Suspended")), ""),
    (
        obj(
            FLUX,
            None,
            None,
            condition("Ready", "False", reason="BuildFailed"),
            annotations={"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
        ),
        "NotReady",
    ),
    # Any kind: good, and about an older spec.
    (obj(FLUX, {"observedGeneration": 2}, None, condition("Ready")), ""),
    (obj(FLUX, {"observedGeneration": 1}, None, condition("Ready")), WAITS + "NotReconciled"),
    (obj(FLUX, {"observedGeneration": 1}, {"suspend": True}, condition("Ready")), ""),
    (obj(WIDGET, None, None, condition("Ready", observedGeneration=1), condition("Synced", observedGeneration=1)), WAITS + "NotReconciled"),
    (obj(WIDGET, None, None, condition("Ready", observedGeneration=1), condition("Synced", observedGeneration=2)), ""),
    (obj(ROUTE, parents(1)), WAITS + "NotReconciled"),
    (obj(ROUTE, parents(2)), ""),
    (obj("argoproj.io/v1alpha1 Workflow", {"phase": "Succeeded", "observedGeneration": 1}), ""),
    (obj("shop.example.com/v1 Widget", {"phase": "Completed", "observedGeneration": 1}, None, condition("Ready")), ""),
]


@pytest.mark.parametrize(("it", "said"), ROWS, ids=lambda one: one["kind"] if isinstance(one, dict) else one or "well")
def test_a_known_kind_is_judged_as_its_fields_mean(it: Json, said: str) -> None:
    found = [WAITS * (f.state is FindingState.PROGRESSING) + f.reason for f in look(it)]
    assert found == ([said] if said else [])


def test_the_part_that_is_not_well_is_named() -> None:
    (gone,) = look(obj(NODE, disk(condition("Ready", "False", reason="NoDiskInfo")), None, condition("Ready")))
    (full,) = look(obj(NODE, disk(condition("Schedulable", "False", reason="DiskPressure")), None, condition("Ready")))
    assert "for default-disk-1" in gone.summary
    assert ".status.diskStatus.default-disk-1.conditions" in gone.evidence[0].command
    details = {"OSD_NEARFULL": {"message": "1 nearfull osd(s)", "severity": "HEALTH_WARN"}}
    (ceph,) = look(obj("ceph.rook.io/v1 CephCluster", {"ceph": {"health": "HEALTH_WARN", "lastChanged": ago(hours=2), "details": details}}))
    assert "1 nearfull osd(s)" in [e.value for e in ceph.evidence]
    assert (gone.severity, full.severity) == (Severity.CRITICAL, Severity.WARNING)
