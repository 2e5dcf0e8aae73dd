"""A namespace that should be gone and is not."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import condition_seen, kubectl_get, unless_by
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import APIService, Condition, Namespace
from stead.estate.kubernetes.view import View

WAIT = timedelta(minutes=10)
"""Pods may take their grace period, and volumes minutes to detach; after that the namespace controller waits for somebody."""

SAYS = {
    "NamespaceDeletionDiscoveryFailure": ("DiscoveryFailed", "an API of the cluster does not answer, so nobody knows what is left in it"),
    "NamespaceDeletionGroupVersionParsingFailure": ("DiscoveryFailed", "an API of the cluster cannot be understood"),
    "NamespaceFinalizersRemaining": ("FinalizersRemain", "finalizers hold objects in it"),
    "NamespaceContentRemaining": ("ContentRemains", "objects are left in it"),
    "NamespaceDeletionContentFailure": ("DeletionFailed", "objects in it cannot be deleted"),
}
"""Conditions of a namespace that is deleted (API reference, NamespaceCondition), those that explain the others first; True is trouble."""


@check(watches=[Namespace, APIService])
def namespace_stuck_terminating(namespace: Namespace, view: View, now: datetime) -> Finding | Progressing | None:
    """A namespace stays Terminating for more than ten minutes: finalizers or objects remain, or an API of the cluster does not answer."""
    deleted = namespace.metadata.deletion_timestamp
    if deleted is None:
        return None
    held = [c for type_ in SAYS for c in namespace.status.conditions if c.type == type_ and c.status == "True"]
    reason, words = SAYS[held[0].type] if held else ("NotFinished", "nothing says why")
    finding = view.finding(
        namespace,
        reason=reason,
        summary=f"namespace {namespace.metadata.name} is stuck Terminating: {words}",
        evidence=(
            Evidence(what="deletionTimestamp", value=deleted.isoformat(), command=kubectl_get(namespace, ".metadata.deletionTimestamp")),
            *(one for found in held for one in condition_seen(namespace, found)),
        ),
        depends_on=[view.subject(api) for api in _unavailable(view)] if reason == "DiscoveryFailed" else [],
        since=deleted,
    )
    return unless_by(finding, deleted, WAIT, now)


def _unavailable(view: View) -> list[APIService]:
    silent = [api for api in view.all(APIService) if any(_is_silent(c) for c in api.status.conditions)]
    return sorted(silent, key=lambda api: api.metadata.name)


def _is_silent(found: Condition) -> bool:
    return found.type == "Available" and found.status != "True"
