"""An aggregated API that does not answer."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import GRACE, condition, condition_seen, latest, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import APIService, Service
from stead.estate.kubernetes.view import View


@check(watches=[APIService])
def apiservice_unavailable(api: APIService, view: View, now: datetime) -> Finding | Progressing | None:
    """An APIService is not Available for more than a minute: its Service is missing or has no endpoints, or it does not answer.

    What it serves (`kubectl top`, custom metrics) fails; and while it is so, no namespace can be deleted.
    """
    found = condition(api.status.conditions, "Available")
    if found is None or found.status == "True" or is_deleted(api):
        return None
    behind = api.spec.service
    finding = view.finding(
        api,
        reason="Unavailable",
        summary=f"API {api.metadata.name} is not available" + (f" ({found.reason})" if found.reason else ""),
        evidence=condition_seen(api, found),
        depends_on=[view.named(Service, behind.namespace, behind.name)] if behind is not None and behind.name else [],
        since=found.last_transition_time,
    )
    return unless_by(finding, latest(found.last_transition_time, api.metadata.creation_timestamp), GRACE, now)
