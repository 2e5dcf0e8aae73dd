"""What Stead never changes, whatever a policy says: the rights of others and its own, and what would let a mistake become a loss.

This is code and no rule: nobody can write it away, and no model can talk it away. It forbids doing, not telling.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from stead.domain.matching import Patterns
from stead.domain.subject import Subject

RULE = "never"
"""The id under which decisions name it."""

_GROUPS = {
    "rbac.authorization.k8s.io": "rights are given and taken by people",
    "apiextensions.k8s.io": "definitions of kinds are left to people: with one of them all its objects go",
    "admissionregistration.k8s.io": "admission webhooks are left to people",
    "apiregistration.k8s.io": "which APIs a cluster serves is left to people",
    "certificates.k8s.io": "who is trusted is left to people",
    "authentication.k8s.io": "who is who is left to people",
    "velero.io": "backups are left to people",
    "volsync.backube": "backups are left to people",
    "k8up.io": "backups are left to people",
    "snapshot.storage.k8s.io": "backups are left to people",
    "stash.appscode.com": "backups are left to people",
}
_KINDS = {
    "Namespace": "namespaces are left to people: with one of them everything in it goes",
    "Secret": "secrets are left to people",
    "ServiceAccount": "identities are left to people",
    "PersistentVolume": "storage that outlives its claim is left to people",
    "Backup": "backups are left to people",
    "ScheduledBackup": "backups are left to people",
    "BackupVolume": "backups are left to people",
}

_OURS = Patterns.of(("stead", "stead-*", "stead.*", "stead@*"))
"""Units and containers that are Stead itself."""

OWN_NAMESPACES = frozenset({"stead"})
"""Where Stead runs unless it knows better."""


def forbidden(subject: Subject, own: Collection[str] = OWN_NAMESPACES) -> str:
    """Why nothing about this object is ever changed, "" when it may be."""
    if why := _GROUPS.get(subject.group) or _KINDS.get(subject.kind):
        return why
    if subject.namespace and subject.namespace in own:
        return "Stead's own namespace is left to people"
    if subject.kind in ("Unit", "Container") and _OURS.match(subject.name):
        return "Stead itself is left to people"
    return ""


def forbidden_write(subject: Subject, body: Mapping[str, Any] | None = None, own: Collection[str] = OWN_NAMESPACES) -> str:
    """The same for a write as it goes out: also what the object may not be made into, or given."""
    if why := forbidden(subject, own):
        return why
    for path in _paths(body or {}):
        if path[:2] == ("spec", "taints"):
            return "taints are left to people"
        if "finalizers" in path:
            return "finalizers are never touched"
        if path[:1] == ("roleRef",) or path[:1] == ("rules",):
            return _GROUPS["rbac.authorization.k8s.io"]
    return ""


def _paths(given: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(given, Mapping) and len(above) < 8:
        for key, value in cast("Mapping[str, Any]", given).items():
            yield (*above, str(key))
            yield from _paths(value, (*above, str(key)))
