"""A workload whose pods ask for something that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, latest, unless_by
from stead.checks.kubernetes.config_refs import absent_for, absent_volumes
from stead.checks.kubernetes.pods import ready
from stead.checks.kubernetes.workloads import is_deleted, pods_of
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import (
    Conditions,
    ConfigMap,
    CronJob,
    DaemonSet,
    Deployment,
    Object,
    PersistentVolumeClaim,
    PodTemplate,
    PriorityClass,
    ReplicationController,
    RuntimeClass,
    ServiceAccount,
    StatefulSet,
)
from stead.estate.kubernetes.view import View

Workload = Deployment | StatefulSet | DaemonSet | CronJob | ReplicationController
_KINDS = (Deployment, StatefulSet, DaemonSet, CronJob, ReplicationController)
_PODS_TELL = ("ConfigMapMissing", "ConfigKeyMissing", "ClaimMissing")
_ALWAYS = ("system-cluster-critical", "system-node-critical")
"""Priority classes that every cluster has."""


@check(watches=[*_KINDS, ServiceAccount, PriorityClass, RuntimeClass, ConfigMap, PersistentVolumeClaim], of=_KINDS)
def workload_references(workload: Workload, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """The pod template of a workload names a service account, priority class, runtime class, ConfigMap (or key of one) or claim that does
    not exist: pods that run go on, and the next one cannot be created or started.

    What is optional may be missing; what keeps a pod from starting already is told by the pod. Workloads of no replicas and suspended
    CronJobs ask for nothing.
    """
    template = _template(workload)
    if template is None or is_deleted(workload):
        return
    changed = latest(workload.metadata.creation_timestamp, *(c.last_update_time or c.last_transition_time for c in _conditions(workload)))
    for reason, words, cause, who in _missing(template, workload.metadata.namespace, view):
        if reason in _PODS_TELL and _pods_tell(workload, view):
            continue
        yield unless_by(_finding(workload, view, reason, words, cause, who), changed, SETTLE, now)


def _pods_tell(workload: Workload, view: View) -> bool:
    """Whether a pod of it already waits: then the pod's own check tells, with the words of its kubelet or scheduler.

    Pods are not watched for this: a workload's status follows them, and a fault is looked at again anyway.
    """
    return not isinstance(workload, CronJob) and any(not ready(pod) for pod in pods_of(workload, view))


def _template(workload: Workload) -> PodTemplate | None:
    """The template, where pods are to be made of it."""
    if isinstance(workload, CronJob):
        return None if workload.spec.suspend else workload.spec.job_template.spec.template
    if not isinstance(workload, DaemonSet) and workload.spec.replicas <= 0:
        return None
    return workload.spec.template


def _conditions(workload: Workload) -> Conditions:
    return workload.status.conditions if isinstance(workload, (Deployment, ReplicationController)) else ()


def _missing(template: PodTemplate, namespace: str, view: View) -> Iterator[tuple[str, str, Subject, str]]:
    """Reason, words, what is missing, and what in the template asks for it."""
    spec = template.spec
    named: tuple[tuple[str, type[Object], str, str], ...] = (
        ("ServiceAccountMissing", ServiceAccount, namespace, spec.service_account_name),
        ("PriorityClassMissing", PriorityClass, "", spec.priority_class_name),
        ("RuntimeClassMissing", RuntimeClass, "", spec.runtime_class_name),
    )
    for reason, struct, where, name in named:
        if name and name != "default" and name not in _ALWAYS and view.missing(struct, where, name):
            cause = view.named(struct, where, name)
            yield reason, f"{cause} does not exist", cause, ""
    for volume in spec.volumes:
        claim = volume.persistent_volume_claim.claim_name if volume.persistent_volume_claim is not None else ""
        if claim and view.missing(PersistentVolumeClaim, namespace, claim):
            yield "ClaimMissing", f"claim `{claim}` does not exist", view.named(PersistentVolumeClaim, namespace, claim), volume.name
    for lacking in absent_volumes(spec, namespace, view):
        yield lacking.reason, lacking.what(namespace), lacking.subject(namespace, view), lacking.asker
    for container in (*spec.init_containers, *spec.containers):
        for lacking in absent_for(container, namespace, view):
            if not lacking.optional:
                yield lacking.reason, lacking.what(namespace), lacking.subject(namespace, view), f"{container.name}: {lacking.asker}"


def _finding(workload: Workload, view: View, reason: str, words: str, cause: Subject, who: str) -> Finding:
    meta, kind = workload.metadata, kind_of(type(workload))
    path = ".spec.jobTemplate.spec.template.spec" if isinstance(workload, CronJob) else ".spec.template.spec"
    asks = f"{cause}" + (f" ({who})" if who else "")
    return view.finding(
        workload,
        reason=reason,
        summary=f"{kind.kind.lower()} {meta.namespace}/{meta.name} can make no new pod that starts: {words}",
        container=f"{cause.kind}/{cause.name}",
        evidence=(Evidence(what="its pods ask for", value=asks, command=kubectl_get(workload, path)),),
        depends_on=(cause, view.subject(workload)),
        blames=cause,
    )
