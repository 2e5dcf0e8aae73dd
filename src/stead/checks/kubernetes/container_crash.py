"""A container that ends again and again, or cannot be started at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes import exits
from stead.checks.kubernetes.common import GRACE, said, unless_by
from stead.checks.kubernetes.config_refs import Absent, absent_for
from stead.checks.kubernetes.pods import (
    START_REASONS,
    Part,
    calm,
    harm,
    judged,
    looping,
    lost_node,
    often,
    parts,
    recovering,
    restarts,
    started,
    state_seen,
)
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import ConfigMap, Node, Pod
from stead.estate.kubernetes.view import View


@check(watches=[Pod, ConfigMap, Node], unless=calm)
def container_crash(pod: Pod, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """A container crash-loops: it waits in CrashLoopBackOff, or ends soon after each start, whichever moment was caught.

    When its environment asks for a ConfigMap key that is not there, that key is named as the cause. Out-of-memory kills are told
    by `container_oom`, and failed pods of Jobs by `job_failed`.
    """
    if not judged(pod):
        return
    for part in parts(pod):
        if part.last is not None and part.last.reason == "OOMKilled":
            continue
        if looping(pod, part, now):
            yield _loop(pod, part, view)
        elif part.waiting in START_REASONS:
            yield unless_by(_cannot_start(pod, part, view), _began(part) or started(pod), GRACE, now)
        elif (ended := part.status.state.terminated) is not None and ended.exit_code != 0 and restarts(pod, part):
            # The kubelet starts it again within seconds, or says CrashLoopBackOff; only one that it forgot stays so.
            yield unless_by(_loop(pod, part, view), ended.finished_at or now, GRACE, now)
        elif (until := recovering(pod, part, now)) is not None:
            # Between two crashes it is not well, and after the first it is not yet a loop.
            yield Progressing(until=until, finding=_loop(pod, part, view))
        elif often(pod, part, now):
            yield _often(pod, part, view)


def _loop(pod: Pod, part: Part, view: View) -> Finding:
    meta = pod.metadata
    missing = next(absent_for(part.spec, pod.metadata.namespace, view), None)
    how = f"exits with {exits.code(part.last.exit_code)}" if part.last is not None else "does not stay up"
    summary = f"container `{part.name}` of {meta.namespace}/{meta.name} crash-loops: it {how}"
    return view.finding(
        pod,
        reason=missing.reason if missing else "CrashLooping",
        summary=f"{summary}; {missing.what(meta.namespace)}" if missing else summary,
        severity=harm(pod, view),
        container=part.name,
        evidence=(*_missing_seen(missing, pod, view), *state_seen(pod, part), *_last_words(pod, part)),
        depends_on=(*((missing.subject(meta.namespace, view),) if missing else ()), *lost_node(pod, view)),
        since=_began(part),
    )


def _often(pod: Pod, part: Part, view: View) -> Finding:
    meta, last = pod.metadata, part.last
    ran = last.finished_at - last.started_at if last is not None and last.finished_at and last.started_at else None
    how = f"with {exits.code(last.exit_code)}" if last is not None else "badly"
    how += f" after {round(ran.total_seconds() / 60)} minutes" if ran else ""
    return view.finding(
        pod,
        reason="RestartsOften",
        summary=f"container `{part.name}` of {meta.namespace}/{meta.name} keeps failing: it ended last {how}",
        severity=Severity.WARNING,
        container=part.name,
        evidence=(*state_seen(pod, part), *_last_words(pod, part)),
        depends_on=lost_node(pod, view),
        since=_began(part),
    )


def _cannot_start(pod: Pod, part: Part, view: View) -> Finding:
    return view.finding(
        pod,
        reason="CannotStart",
        summary=f"container `{part.name}` of {pod.metadata.namespace}/{pod.metadata.name} cannot be started: {part.waiting}",
        severity=harm(pod, view),
        container=part.name,
        evidence=said(pod, "kubelet says", part.message or part.waiting, _waiting(part)),
        depends_on=lost_node(pod, view),
        since=_began(part) or started(pod),
    )


def _began(part: Part) -> datetime | None:
    return (part.last.finished_at or part.last.started_at) if part.last is not None else None


def _waiting(part: Part) -> str:
    return f"{part.path}.state.waiting.message"


def _last_words(pod: Pod, part: Part) -> tuple[Evidence, ...]:
    """Its termination message, or why the runtime could not start it (a command that is not in the image)."""
    if part.last is None:
        return ()
    where = "state" if part.status.state.terminated else "lastState"
    return said(pod, "termination message", part.last.message, f"{part.path}.{where}.terminated.message")


def _missing_seen(missing: Absent | None, pod: Pod, view: View) -> tuple[Evidence, ...]:
    return (missing.seen(pod.metadata.namespace, view),) if missing else ()
