"""A container whose image cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, latest, said, unless_by
from stead.checks.kubernetes.pods import PULL_REASONS, Part, calm, harm, judged, lost_node, parts, pod_get, started
from stead.checks.kubernetes.pulls import why_not_pulled
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View

HOPELESS = {
    "InvalidImageName": "its name is not a valid image reference",
    "ErrImageNeverPull": "it is not on the node, and imagePullPolicy Never forbids to fetch it",
    "SignatureValidationFailed": "its signature was refused",
}
"""Reasons that no second try mends. The others alternate (ErrImagePull, ImagePullBackOff) and are one fault: ImagePullFailed."""


@check(watches=[Pod, Node], unless=calm)
def image_pull(pod: Pod, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """The kubelet cannot fetch a container's image. One failed try within the first minute may still be the registry's moment."""
    if not judged(pod):
        return
    for part in parts(pod):
        if part.waiting in PULL_REASONS:
            began = latest(started(pod), part.last.finished_at if part.last else None)
            wait = timedelta(0) if part.waiting in HOPELESS else GRACE
            yield unless_by(_finding(pod, part, view, began), began, wait, now)


def _finding(pod: Pod, part: Part, view: View, began: datetime | None) -> Finding:
    meta = pod.metadata
    why, behind = (HOPELESS[part.waiting], None) if part.waiting in HOPELESS else why_not_pulled(pod, part.image, part.message, view)
    place = "initContainers" if part.init else "containers"
    image = Evidence(what="image", value=part.image, command=pod_get(pod, f'.spec.{place}[?(@.name=="{part.name}")].image'))
    return view.finding(
        pod,
        reason=part.waiting if part.waiting in HOPELESS else "ImagePullFailed",
        summary=f"image `{part.image}` of container `{part.name}` in {meta.namespace}/{meta.name} cannot be had: {why}",
        severity=harm(pod, view),
        container=part.name,
        evidence=(image, *said(pod, "kubelet says", part.message, f"{part.path}.state.waiting.message")),
        depends_on=lost_node(pod, view),
        blames=behind,
        since=began,
    )
