"""A Service that nobody answers for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, condition, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import judged, lost_node, ready, ready_changed
from stead.checks.kubernetes.workloads import Workload, caught_up, is_deleted, owners
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import (
    DaemonSet,
    Deployment,
    EndpointSlice,
    Node,
    Pod,
    Service,
    StatefulSet,
)
from stead.estate.kubernetes.view import View, controller_of

SERVICE_NAME = "kubernetes.io/service-name"
"""The label that ties an EndpointSlice to its Service (API reference, EndpointSlice)."""


@check(watches=[Service, EndpointSlice, Pod, Deployment, StatefulSet, DaemonSet, Node])
def service_without_endpoints(service: Service, view: View, now: datetime) -> Finding | Progressing | None:
    """A Service with a selector has no ready endpoint: no pod matches, or none that matches is ready.

    A rollout, a restart and a start from zero replicas are given five minutes.
    Services without a selector and ExternalName ones are somebody else's to fill; one whose workloads are scaled to zero sleeps on
    purpose; a headless one, or one that a controller made, may well match nothing.
    """
    spec = service.spec
    if is_deleted(service) or spec.type == "ExternalName" or not spec.selector:
        return None
    if not (view.knows(EndpointSlice) or view.knows(Pod)) or _has_endpoint(service, view):
        return None
    selected = view.selected(Pod, service.metadata.namespace, spec.selector)
    matching = [pod for pod in selected if judged(pod)]
    workloads = _workloads(service, view)
    if workloads and (all(_wanted(workload) <= 0 for workload in workloads) or any(_lags(workload) for workload in workloads)):
        return None
    if not _counts(service, matching, workloads, view):
        return None
    # Between the last pod of a restart and the next there is none for a while.
    left = (pod.metadata.deletion_timestamp for pod in selected)
    moved = (*map(ready_changed, matching), *map(_available_changed, workloads))
    return unless_by(_finding(service, matching, workloads, view), latest(service.metadata.creation_timestamp, *left, *moved), SETTLE, now)


def _counts(service: Service, matching: Sequence[Pod], workloads: Sequence[Workload], view: View) -> bool:
    """Whether having nobody is a fault: somebody was meant to answer, or the Service was made by hand for a name that is not there."""
    if matching or any(_wanted(workload) > 0 for workload in workloads) or not view.knows(Pod):
        return True
    return service.spec.cluster_ip != "None" and controller_of(service) is None


def _has_endpoint(service: Service, view: View) -> bool:
    meta = service.metadata
    slices = view.selected(EndpointSlice, meta.namespace, {SERVICE_NAME: meta.name})
    if view.knows(EndpointSlice) and slices:
        return any(end.conditions.ready is not False and end.addresses for one in slices for end in one.endpoints or ())
    if not view.knows(Pod):
        return not view.knows(EndpointSlice)
    pods = view.selected(Pod, meta.namespace, service.spec.selector)
    return any(ready(pod) or service.spec.publish_not_ready_addresses for pod in pods if judged(pod))


def _workloads(service: Service, view: View) -> list[Workload]:
    """The workloads whose pods the selector names, by name."""
    namespace, selector = service.metadata.namespace, service.spec.selector
    every: list[Workload] = [
        *view.all(Deployment, namespace),
        *view.all(StatefulSet, namespace),
        *view.all(DaemonSet, namespace),
    ]
    named = [w for w in every if _selects(selector, w.spec.template.metadata.labels) and not is_deleted(w)]
    return sorted(named, key=lambda workload: (type(workload).__name__, workload.metadata.name))


def _selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.items())


def _wanted(workload: Workload) -> int:
    return workload.status.desired_number_scheduled if isinstance(workload, DaemonSet) else workload.spec.replicas


def _lags(workload: Workload) -> bool:
    return not caught_up(workload.metadata.generation, workload.status.observed_generation)


def _available_changed(workload: Workload) -> datetime | None:
    """When a Deployment last became available or unavailable; the others do not say."""
    found = condition(workload.status.conditions, "Available") if isinstance(workload, Deployment) else None
    return found.last_transition_time if found else None


def _finding(service: Service, matching: Sequence[Pod], workloads: Sequence[Workload], view: View) -> Finding:
    meta = service.metadata
    nobody = not matching and not workloads and view.knows(Pod)
    chosen = ",".join(f"{key}={value}" for key, value in sorted(service.spec.selector.items()))
    what = f"no pod matches its selector {chosen}" if not matching else f"none of the {len(matching)} pods that it selects is ready"
    nodes = sorted({node for pod in matching for node in lost_node(pod, view)})
    pods = f"kubectl -n {meta.namespace} get pods -l {chosen}"
    return view.finding(
        service,
        reason="NothingMatches" if nobody else "NoReadyEndpoint",
        summary=f"service {meta.namespace}/{meta.name} has no ready endpoint: {what}",
        severity=Severity.WARNING if nobody else Severity.CRITICAL,
        evidence=(
            Evidence(
                what="ready endpoints", value="0", command=f"kubectl -n {meta.namespace} get endpointslices -l {SERVICE_NAME}={meta.name}"
            ),
            Evidence(what="pods that match", value=str(len(matching)), command=pods),
            Evidence(what="selector", value=chosen, command=kubectl_get(service, ".spec.selector")),
        ),
        depends_on=(*(view.subject(w) for w in workloads), *owners(matching, view), *map(view.subject, matching), *nodes),
        since=latest(*(ready_changed(pod) for pod in matching)),
    )
