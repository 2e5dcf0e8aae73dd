"""What the checks of opinion share: a finding that is worth a look some day, and never wakes anybody."""

from __future__ import annotations

from stead.checks.kubernetes.common import kubectl_get
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Object
from stead.estate.kubernetes.view import View


def opinion(obj: Object, view: View, reason: str, what: str, seen: tuple[str, str, str], container: str = "") -> Finding:
    """`seen` is what was looked at, its value, and its place in the object."""
    label, value, path = seen
    return view.finding(
        obj,
        reason=reason,
        summary=f"{kind_of(type(obj)).kind.lower()} {view.subject(obj).path} {what}",
        severity=Severity.INFO,
        container=container,
        evidence=(Evidence(what=label, value=value, command=kubectl_get(obj, path)),),
        since=obj.metadata.creation_timestamp,
    )
