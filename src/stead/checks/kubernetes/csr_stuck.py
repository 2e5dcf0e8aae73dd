"""A request for a certificate that nobody signs: a kubelet, a controller or a person waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import condition, condition_seen, kubectl_get, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import CertificateSigningRequest, Node
from stead.estate.kubernetes.view import View

APPROVE_WITHIN = timedelta(minutes=15)
"""An approver that is a program takes seconds; a person who was told to approve takes minutes."""
SIGN_WITHIN = timedelta(minutes=10)
"""The signers of the controller manager take seconds (Certificate signing requests, signers)."""

KUBELETS = {
    "kubernetes.io/kubelet-serving": "the kubelet's own address: logs, exec and metrics of its pods fail once the old one is over",
    "kubernetes.io/kube-apiserver-client-kubelet": "the node's identity: it cannot join, or is lost once the old one is over",
}
_NODE = "system:node:"


@check(watches=[CertificateSigningRequest, Node])
def csr_stuck(request: CertificateSigningRequest, view: View, now: datetime) -> Finding | Progressing | None:
    """A CertificateSigningRequest has waited fifteen minutes for somebody to approve it, was approved and is not signed after ten, or its
    signer failed.

    A denied one was denied by somebody; one whose requester has since got a certificate from the same signer is history.
    """
    conditions, made = request.status.conditions, request.metadata.creation_timestamp
    if is_deleted(request) or request.status.certificate or condition(conditions, "Denied") is not None or _was_served(request, view):
        return None
    if (failed := condition(conditions, "Failed")) is not None:
        return replace(_finding(request, view, "Failed", "could not be signed"), evidence=condition_seen(request, failed))
    approved = condition(conditions, "Approved")
    if approved is None:
        return unless_by(_finding(request, view, "NotApproved", "waits for somebody to approve it"), made, APPROVE_WITHIN, now)
    finding = _finding(request, view, "NotSigned", f"is approved, and signer {request.spec.signer_name} does not sign it")
    return unless_by(finding, approved.last_transition_time or approved.last_update_time or made, SIGN_WITHIN, now)


def _was_served(request: CertificateSigningRequest, view: View) -> bool:
    made = request.metadata.creation_timestamp
    return made is not None and any(
        other.spec == request.spec
        and other.status.certificate
        and other.metadata.creation_timestamp is not None
        and other.metadata.creation_timestamp > made
        for other in view.all(CertificateSigningRequest)
    )


def _finding(request: CertificateSigningRequest, view: View, reason: str, what: str) -> Finding:
    name, who, signer = request.metadata.name, request.spec.username, request.spec.signer_name
    means = KUBELETS.get(signer, "")
    node = view.named(Node, "", who.removeprefix(_NODE)) if who.startswith(_NODE) else None
    seen = Evidence(what="asked for by", value=f"{who or '(nobody)'}, of signer {signer}", command=kubectl_get(request, ".spec"))
    finding = view.finding(
        request,
        reason=reason,
        summary=f"certificate request {name} of {who or 'nobody'} {what}" + (f" ({means})" if means else ""),
        evidence=(seen,),
        depends_on=[node] if node is not None else [],
        since=request.metadata.creation_timestamp,
    )
    return replace(finding, top=_top(request, view, node))


def _top(request: CertificateSigningRequest, view: View, node: Subject | None) -> Subject:
    """Names of requests are made up, and a new one comes every quarter of an hour: it is known by who asks."""
    return node or replace(view.subject(request), name=request.spec.username or request.metadata.name, uid="")
