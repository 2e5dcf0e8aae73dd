"""Whose hand made a change, when, and from what: read from the object itself. Pure.

`metadata.managedFields` names for each field the manager that set it and when it last did
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management); GitOps tools mark what they made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from stead.domain.diffing import Path
from stead.estate.kubernetes.live import at, items, number, text
from stead.estate.kubernetes.revisions import REVISION

Hand = tuple[str, datetime | None, str]
"""(manager, when, subresource)."""


def hand_of(obj: Mapping[str, Any], path: Path) -> Hand:
    """The manager that set the field at `path` last; where nobody is named for it, the one that wrote last outside of the status."""
    entries = [entry for entry in items(obj, "metadata", "managedFields") if text(entry, "subresource") != "status"]
    owners = [entry for entry in entries if _covers(at(entry, "fieldsV1"), path)]
    best = max(owners or entries, key=lambda entry: text(entry, "time"), default=None)
    if best is None:
        return ("", None, "")
    return (text(best, "manager")[:100], moment(text(best, "time")), text(best, "subresource"))


def moment(written: str) -> datetime | None:
    """An RFC 3339 time; None for what is none."""
    try:
        when = datetime.fromisoformat(written)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _covers(fields: Any, path: Path) -> bool:
    """Whether these fieldsV1 hold the path, as deep as they go."""
    for part in path:
        if not isinstance(fields, Mapping):
            return False
        given = cast("Mapping[str, Any]", fields)
        if not given:
            return True  # the whole of it is owned
        below = _item(given, part[1:-1]) if part.startswith("[") else given.get(f"f:{part}")
        if below is None:
            return False
        fields = below
    return True


def _item(fields: Mapping[str, Any], name: str) -> Any:
    """The item of a list that is called so: `k:{"name":"app"}`, or `k:{"containerPort":80,"protocol":"TCP"}`."""
    for key, below in fields.items():
        if key.startswith("k:"):
            try:
                keys: Any = json.loads(key[2:])
            except ValueError:
                continue
            if isinstance(keys, dict) and name in map(str, cast("dict[str, Any]", keys).values()):
                return below
    return None


def revision_words(kind: str, obj: Mapping[str, Any], *, numbered: str | None = None) -> str:
    """What this state of the object is called: `revision 12` of a Deployment, `generation 3` of what has no revision.

    The controller numbers a new template a moment after it was written: where it still has the number that it had before (`numbered`, None
    where the template is not new), the next one is meant.
    """
    if kind == "Deployment":
        said = text(obj, "metadata", "annotations", REVISION)
        known = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
        behind = numbered is not None and (said == numbered or number(obj, "status", "observedGeneration") < _generation(obj))
        return f"revision {known + 1 if behind else known}" if known or behind else ""
    return f"generation {_generation(obj)}" if _generation(obj) else ""


def _generation(obj: Mapping[str, Any]) -> int:
    return number(obj, "metadata", "generation")


Application = tuple[str, str, str]
"""(kind, namespace, name) of the application that an object was made from; an empty namespace where that is not told."""


def application_of(obj: Mapping[str, Any]) -> Application | None:
    """The Argo CD or Flux object that made this one, by the marks that they leave; None where there are none."""
    tracked = text(obj, "metadata", "annotations", "argocd.argoproj.io/tracking-id").partition(":")[0]
    if name := tracked or text(obj, "metadata", "labels", "argocd.argoproj.io/instance"):
        namespace, _, own = name.rpartition("_")  # applications in any namespace are written namespace_name
        return ("Application", namespace, own)
    for group, kind in (("kustomize", "Kustomization"), ("helm", "HelmRelease")):
        if name := text(obj, "metadata", "labels", f"{group}.toolkit.fluxcd.io/name"):
            return (kind, text(obj, "metadata", "labels", f"{group}.toolkit.fluxcd.io/namespace"), name)
    return None


def source_words(application: Application, revision: str) -> str:
    """`Argo CD application payments at 4f2a9c1`."""
    kind, namespace, name = application
    tool = "Argo CD application" if kind == "Application" else f"Flux {kind}"
    where = f"{namespace}/{name}" if namespace else name
    return f"{tool} {where}" + (f" at {short_revision(revision)}" if revision else "")


def short_revision(revision: str) -> str:
    """A commit by its first characters, as people write it: `main@sha1:4f2a9c1…` → `main@4f2a9c1`."""
    branch, _, commit = revision.rpartition("@")
    commit = commit.rpartition(":")[2]
    if len(commit) >= 32 and all(c in "0123456789abcdef" for c in commit):
        commit = commit[:7]
    return (f"{branch}@{commit}" if branch else commit)[:80]
