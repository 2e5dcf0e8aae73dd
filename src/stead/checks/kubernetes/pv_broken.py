"""A volume that can no longer be used, or is not given back."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import kubectl_get, said, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Node, PersistentVolume
from stead.estate.kubernetes.view import View

RECLAIM_WITHIN = timedelta(minutes=15)
"""A provisioner deletes a volume within minutes once it is detached (6 minutes where the node has to be given up first)."""

HOST = "kubernetes.io/hostname"


@check(watches=[PersistentVolume, Node])
def pv_broken(volume: PersistentVolume, view: View, now: datetime) -> Finding | Progressing | None:
    """A PersistentVolume could not be reclaimed (phase Failed, or Released for fifteen minutes though its policy is Delete), or the only
    node that holds a bound one is gone.

    Released with the policy Retain is as it was asked for.
    """
    status = volume.status
    if is_deleted(volume):
        return None
    if status.phase == "Failed":
        return _finding(volume, view, "Failed", "could not be reclaimed", Severity.WARNING)
    if status.phase == "Released" and volume.spec.persistent_volume_reclaim_policy == "Delete":
        finding = _finding(volume, view, "NotReclaimed", "was released and is not deleted", Severity.WARNING)
        return unless_by(finding, status.last_phase_transition_time or now, RECLAIM_WITHIN, now)
    if status.phase == "Bound" and (gone := _gone_nodes(volume, view)):
        what = f"lies on node {', '.join(node.name for node in gone)}, which is gone"
        return _finding(volume, view, "NodeGone", what, Severity.CRITICAL, gone)
    return None


def _gone_nodes(volume: PersistentVolume, view: View) -> tuple[Subject, ...]:
    """The nodes that it may be used on, where each is named by its host name and none of them is there; nothing otherwise."""
    affinity = volume.spec.node_affinity
    terms = affinity.required.node_selector_terms if affinity is not None and affinity.required is not None else ()
    if not terms or not view.knows(Node):
        return ()
    names: set[str] = set()
    for term in terms:
        hosts = [one for one in term.match_expressions if one.key == HOST and one.operator == "In"]
        if not hosts:
            return ()
        names.update(hosts[0].values)
    nodes = view.all(Node)
    there = {node.metadata.labels.get(HOST, node.metadata.name) for node in nodes} | {node.metadata.name for node in nodes}
    return () if names & there else tuple(view.named(Node, "", name) for name in sorted(names))


def _finding(volume: PersistentVolume, view: View, reason: str, what: str, severity: Severity, nodes: tuple[Subject, ...] = ()) -> Finding:
    claim = volume.spec.claim_ref
    of = f" of claim {claim.namespace}/{claim.name}" if claim is not None and claim.name else ""
    return view.finding(
        volume,
        reason=reason,
        summary=f"volume {volume.metadata.name}{of} {what}",
        severity=severity,
        evidence=(
            Evidence(what="phase", value=volume.status.phase, command=kubectl_get(volume, ".status.phase")),
            *said(volume, "message", volume.status.message, ".status.message"),
        ),
        depends_on=nodes,
        since=volume.status.last_phase_transition_time,
    )
