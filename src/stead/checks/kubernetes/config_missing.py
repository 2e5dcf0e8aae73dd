"""A container that waits for configuration that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import GRACE, said, unless_by
from stead.checks.kubernetes.config_refs import Absent, absent_for, absent_volumes
from stead.checks.kubernetes.pods import CONFIG_REASON, Part, calm, harm, judged, lost_node, parts, started
from stead.declare import check
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import ConfigMap, Node, Pod
from stead.estate.kubernetes.view import View

CREATING = frozenset({"ContainerCreating", "PodInitializing"})
_SAYS = (
    ("SecretMissing", re.compile(r'secrets? "([\w.-]{1,253})" not found')),
    ("SecretKeyMissing", re.compile(r"find key ([\w.-]{1,253}) in Secret ([\w./-]{1,300})")),
    ("ConfigMapMissing", re.compile(r'configmaps? "([\w.-]{1,253})" not found')),
    ("ConfigKeyMissing", re.compile(r"find key ([\w.-]{1,253}) in ConfigMap ([\w./-]{1,300})")),
)
"""How a kubelet words it (pkg/kubelet/kubelet_pods.go): the only place that names a Secret, which Stead does not read."""


@check(watches=[Pod, ConfigMap, Node], unless=calm)
def config_missing(pod: Pod, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """A container cannot be made because a ConfigMap or Secret, or a key of one, does not exist.

    Secrets are not read: a missing one is known only by what the kubelet says. What is created within a minute is no fault.
    """
    if not judged(pod):
        return
    waits_for_volumes = False
    for part in parts(pod):
        if part.waiting == CONFIG_REASON:
            lacking = next((a for a in absent_for(part.spec, pod.metadata.namespace, view) if not a.optional), None)
            yield unless_by(_refused(pod, part, lacking, view), started(pod), GRACE, now)
        waits_for_volumes |= part.waiting in CREATING
    if waits_for_volumes:
        for lacking in absent_volumes(pod.spec, pod.metadata.namespace, view):
            yield unless_by(_volume(pod, lacking, view), started(pod), GRACE, now)


def _refused(pod: Pod, part: Part, lacking: Absent | None, view: View) -> Finding:
    meta = pod.metadata
    reason, what, name = (lacking.reason, lacking.what(meta.namespace), lacking.config_map) if lacking else _as_said(part.message)
    return view.finding(
        pod,
        reason=reason,
        summary=f"container `{part.name}` of {meta.namespace}/{meta.name} cannot be made: {what}",
        severity=harm(pod, view),
        container=part.name,
        evidence=(
            *((lacking.seen(meta.namespace, view),) if lacking else ()),
            *said(pod, "kubelet says", part.message, f"{part.path}.state.waiting.message"),
        ),
        depends_on=(*((lacking.subject(meta.namespace, view),) if lacking else ()), *lost_node(pod, view)),
        blames=_named(reason, meta.namespace, name, view) if name else None,
        since=started(pod),
    )


def _volume(pod: Pod, lacking: Absent, view: View) -> Finding:
    meta = pod.metadata
    return view.finding(
        pod,
        reason=lacking.reason,
        summary=f"{meta.namespace}/{meta.name} cannot start: {lacking.what(meta.namespace)}, which {lacking.asker} needs",
        severity=harm(pod, view),
        container=lacking.asker,
        evidence=(lacking.seen(meta.namespace, view),),
        depends_on=(lacking.subject(meta.namespace, view), *lost_node(pod, view)),
        blames=lacking.subject(meta.namespace, view),
        since=started(pod),
    )


def _named(reason: str, namespace: str, name: str, view: View) -> Subject:
    """What is missing or lacks the key: all that wait for it have one cause."""
    kind = "Secret" if reason.startswith("Secret") else "ConfigMap"
    return Subject(estate=view.estate_id, api_version="v1", kind=kind, namespace=namespace, name=name)


def _as_said(message: str) -> tuple[str, str, str]:
    """Reason, words, and the name of the Secret or ConfigMap ("" where none is told)."""
    for reason, pattern in _SAYS:
        if (found := pattern.search(message)) is not None:
            kind = "Secret" if reason.startswith("Secret") else "ConfigMap"
            if found.lastindex == 1:
                return reason, f"{kind} `{found[1]}` does not exist", found[1]
            return reason, f"key `{found[1]}` is missing in {kind} {found[2]}", found[2].rpartition("/")[2]
    if "runAsNonRoot" in message:
        return "ConfigRejected", "it may not run as root (runAsNonRoot), and its image would", ""
    return "ConfigRejected", "the kubelet refuses its configuration", ""
