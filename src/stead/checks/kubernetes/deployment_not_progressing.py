"""A Deployment that does not get where its spec wants it."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, SETTLE, condition, condition_seen, is_true, unless_by
from stead.checks.kubernetes.refusals import refused
from stead.checks.kubernetes.workloads import caught_up, explained_by, is_deleted
from stead.declare import check
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Condition, Deployment, Node, Pod, ReplicaSet
from stead.estate.kubernetes.view import View

NO_DEADLINE = 2**31 - 1
"""`progressDeadlineSeconds` of this value switches the controller's own deadline off (Deployment controller, HasProgressDeadline)."""
DEFAULT_DEADLINE = timedelta(seconds=600)
"""`progressDeadlineSeconds` where nothing is said (API reference, DeploymentSpec)."""


@check(watches=[Deployment, ReplicaSet, Pod, Node])
def deployment_not_progressing(deployment: Deployment, view: View, now: datetime) -> Finding | Progressing | None:
    """A rollout passed its progress deadline, pods cannot be created (ReplicaFailure), or a Deployment that had come up has had
    too few available pods for five minutes.

    Paused Deployments and those of zero replicas are as they are meant to be; a status that has not seen the present spec says nothing.
    """
    spec, status = deployment.spec, deployment.status
    if (
        is_deleted(deployment)
        or spec.paused
        or spec.replicas <= 0
        or not caught_up(deployment.metadata.generation, status.observed_generation)
    ):
        return None
    failure = condition(status.conditions, "ReplicaFailure")
    if failure is not None and failure.status == "True":
        words, causes = refused(failure.message, deployment.metadata.namespace, view)
        what = "cannot create its pods" + (f" ({words})" if words else "")
        return unless_by(_finding(deployment, view, "ReplicaFailure", what, failure, causes), failure.last_transition_time, GRACE, now)
    progress = condition(status.conditions, "Progressing")
    if progress is not None and progress.status == "False":
        return _finding(deployment, view, "ProgressDeadlineExceeded", "did not finish its rollout in time", progress)
    if progress is not None and progress.reason != "NewReplicaSetAvailable":
        return _rolling(deployment, view, progress, now)
    available = condition(status.conditions, "Available")
    if available is None or available.status == "True":
        return None
    finding = _finding(deployment, view, "Unavailable", "has too few available pods", available)
    return unless_by(finding, available.last_transition_time or deployment.metadata.creation_timestamp, SETTLE, now)


def _rolling(deployment: Deployment, view: View, progress: Condition, now: datetime) -> Finding | Progressing | None:
    """A rollout under way: a fault when the controller itself should have called it one and a minute more has passed."""
    if is_true(deployment.status.conditions, "Available") and deployment.status.unavailable_replicas == 0:
        return None
    seconds = deployment.spec.progress_deadline_seconds
    deadline = timedelta(seconds=seconds) if 0 < seconds < NO_DEADLINE else DEFAULT_DEADLINE
    finding = _finding(deployment, view, "ProgressDeadlineExceeded", "is rolling out", progress)
    moved = progress.last_update_time or progress.last_transition_time or deployment.metadata.creation_timestamp
    return unless_by(finding, moved, deadline + GRACE, now)


def _finding(deployment: Deployment, view: View, reason: str, what: str, found: Condition, causes: tuple[Subject, ...] = ()) -> Finding:
    status, meta, want = deployment.status, deployment.metadata, deployment.spec.replicas
    updated = f", {status.updated_replicas} of {want} updated" if reason == "ProgressDeadlineExceeded" else ""
    return view.finding(
        deployment,
        reason=reason,
        summary=f"deployment {meta.namespace}/{meta.name} {what}: {status.available_replicas} of {want} available{updated}",
        severity=Severity.WARNING if status.available_replicas > 0 else Severity.CRITICAL,
        evidence=condition_seen(deployment, found),
        depends_on=(*causes, *explained_by(deployment, view)),
        blames=next(iter(causes), None),
        since=found.last_transition_time or found.last_update_time,
    )
