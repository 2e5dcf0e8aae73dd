"""A ReplicaSet or ReplicationController that does not have the pods it should."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import GRACE, SETTLE, condition, condition_seen, kubectl_get, unless_by
from stead.checks.kubernetes.refusals import refused
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted, short_since
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Condition, Node, Pod, ReplicaSet, ReplicationController
from stead.estate.kubernetes.view import View

Controller = ReplicaSet | ReplicationController


def _is_a_deployments(controller: Controller) -> bool:
    return any(owner.kind == "Deployment" for owner in controller.metadata.owner_references)


@check(watches=[ReplicaSet, ReplicationController, Pod, Node], of=[ReplicaSet, ReplicationController], unless=_is_a_deployments)
def replicaset_short(controller: Controller, view: View, now: datetime) -> Finding | Progressing | None:
    """A ReplicaSet or ReplicationController cannot create its pods (ReplicaFailure), or has had too few ready ones for five minutes.

    Those of a Deployment are told by the Deployment.
    """
    want, status, meta = controller.spec.replicas, controller.status, controller.metadata
    if is_deleted(controller) or want <= 0 or _is_a_deployments(controller):
        return None
    if not caught_up(meta.generation, status.observed_generation):
        return None
    failure = condition(status.conditions, "ReplicaFailure")
    if failure is not None and failure.status == "True":
        words, causes = refused(failure.message, meta.namespace, view)
        finding = _finding(controller, view, "ReplicaFailure", "cannot create its pods" + (f": {words}" if words else ""), failure, causes)
        return unless_by(finding, failure.last_transition_time, GRACE, now)
    if status.ready_replicas >= want:
        return None
    finding = _finding(controller, view, "TooFewReady", f"has {status.ready_replicas} of {want} pods ready")
    return unless_by(finding, short_since(controller, view), SETTLE, now)


def _finding(
    controller: Controller, view: View, reason: str, what: str, failure: Condition | None = None, causes: tuple[Subject, ...] = ()
) -> Finding:
    meta, status = controller.metadata, controller.status
    have = Evidence(
        what="ready replicas", value=f"{status.ready_replicas} of {controller.spec.replicas}", command=kubectl_get(controller, ".status")
    )
    return view.finding(
        controller,
        reason=reason,
        summary=f"{kind_of(type(controller)).kind.lower()} {meta.namespace}/{meta.name} {what}",
        severity=Severity.WARNING if status.ready_replicas > 0 else Severity.CRITICAL,
        evidence=(have, *(condition_seen(controller, failure) if failure else ())),
        depends_on=(*causes, *explained_by(controller, view)),
        since=failure.last_transition_time if failure else short_since(controller, view),
    )
