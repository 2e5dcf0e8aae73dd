"""A container that was killed for using more memory than it may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import after
from stead.checks.kubernetes.pods import LOOP_REASONS, Part, calm, harm, judged, lost_node, parts, state_seen
from stead.declare import check
from stead.domain.finding import Finding, Severity
from stead.estate.kubernetes.slices import Node, Pod, Terminated
from stead.estate.kubernetes.view import View

FRESH = timedelta(hours=1)
"""How long after a kill a container that runs again is still at fault: its use grows towards the same limit again."""


@check(watches=[Pod, Node], unless=calm)
def container_oom(pod: Pod, view: View, now: datetime) -> Iterator[Finding]:
    """A container is killed by the kernel for passing its memory limit, or for want of memory (OOMKilled), now or within the last hour."""
    if not judged(pod):
        return
    for part in parts(pod):
        last = part.last
        if last is None or last.reason != "OOMKilled" or not _still_matters(part, last, now):
            continue
        down = part.status.state.running is None
        yield view.finding(
            pod,
            reason="OOMKilled",
            summary=f"container `{part.name}` of {pod.metadata.namespace}/{pod.metadata.name} was killed {_why(part)}",
            severity=harm(pod, view) if down else Severity.WARNING,
            container=part.name,
            evidence=state_seen(pod, part),
            depends_on=lost_node(pod, view),
            since=last.finished_at,
        )


def _why(part: Part) -> str:
    """The kernel kills at the container's limit, or, where it has none, when the pod's own or the node's memory is used up."""
    limit = str(part.spec.resources.limits.memory)[:20]
    return f"for passing its memory limit of {limit}" if limit else "for want of memory, though it has no memory limit of its own"


def _still_matters(part: Part, last: Terminated, now: datetime) -> bool:
    if part.waiting in LOOP_REASONS or part.status.state.terminated is not None:
        return True
    return last.finished_at is None or now < after(last.finished_at, FRESH)
