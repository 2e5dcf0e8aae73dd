"""A network policy that is about no pod."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.pods import judged
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.selecting import is_understood, selects
from stead.estate.kubernetes.slices import NetworkPolicy, Pod
from stead.estate.kubernetes.view import View


@check(watches=[NetworkPolicy, Pod], class_=FindingClass.HYGIENE)
def networkpolicy_unused(policy: NetworkPolicy, view: View, now: datetime) -> Finding | Progressing | None:
    """A NetworkPolicy with a selector chooses no pod of its namespace, though there are pods: perhaps a label was mistyped."""
    selector, meta = policy.spec.pod_selector, policy.metadata
    if is_deleted(policy) or not (selector.match_labels or selector.match_expressions) or not is_understood(selector):
        return None
    pods = [pod for pod in view.all(Pod, meta.namespace) if judged(pod)]
    if not pods or any(selects(selector, pod.metadata.labels) for pod in pods):
        return None
    found = opinion(policy, view, "SelectsNothing", "selects no pod", ("pods of the namespace", str(len(pods)), ".spec.podSelector"))
    return unless_by(found, meta.creation_timestamp, SETTLE, now)
