"""Argo CD from its resources: applications, what is out of sync or unhealthy in them, where live objects drifted, what was deployed when.

No API of Argo CD is asked and no token needed: everything is read from Application objects through the identity that the checks read with.
What Git holds is not rendered: a difference is one between what was applied and what is live.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.errors import BlindError, SteadError
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, items, text, texts
from stead.ports import Estate, Object
from stead.tools.clusters import is_cluster
from stead.tools.compact import columns, compact
from stead.tools.drift import drift

API, KIND = "argoproj.io/v1alpha1", "Application"
APPLIERS = ("argocd-controller", "argocd-application-controller", "argocd")
MOST_OBJECTS = 12
"""Live objects that are read for one difference."""
MOST_ROWS = 100


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    troubled: Annotated[bool, Meta(description="Only what is not Synced and Healthy")] = False


class Named(msgspec.Struct, forbid_unknown_fields=True):
    name: str


async def _list(estate: Estate, asked: Listing) -> Looked:
    found = await _applications(estate)
    rows = [["NAMESPACE", "NAME", "PROJECT", "SYNC", "HEALTH", "REVISION", "OPERATION"]]
    for app in found:
        sync, health = text(app, "status", "sync", "status"), text(app, "status", "health", "status")
        if asked.troubled and (sync, health) == ("Synced", "Healthy"):
            continue
        where = [text(app, "metadata", "namespace"), text(app, "metadata", "name"), text(app, "spec", "project")]
        rows.append([*where, sync or "?", health or "?", _revision(app)[:12], text(app, "status", "operationState", "phase")])
    more = f"\n… and {len(rows) - 1 - MOST_ROWS} more" if len(rows) - 1 > MOST_ROWS else ""
    said = columns(rows[: MOST_ROWS + 1]) + more if len(rows) > 1 else f"none of {len(found)} applications" if found else "no applications"
    return Looked(text=said, command="kubectl get applications.argoproj.io -A")


async def _get(estate: Estate, asked: Named) -> Looked:
    app = await _application(estate, asked.name)
    spec, status = at(app, "spec"), at(app, "status")
    sources = items(spec, "sources") or [at(spec, "source") or {}]
    bad = [_resource(one) for one in items(status, "resources") if _is_bad(one)]
    shown = {
        "application": _path(app),
        "source": [{k: at(s, k) for k in ("repoURL", "path", "chart", "targetRevision")} for s in sources],
        "destination": at(spec, "destination"),
        "syncPolicy": at(spec, "syncPolicy"),
        "sync": {"status": at(status, "sync", "status"), "revision": _revision(app)},
        "health": at(status, "health"),
        "conditions": [f"{text(c, 'type')}: {text(c, 'message')}" for c in items(status, "conditions")],
        "operation": {k: at(status, "operationState", k) for k in ("phase", "message", "startedAt", "finishedAt", "retryCount")},
        "failed": [_result(one) for one in items(status, "operationState", "syncResult", "resources") if _failed(one)],
        f"{len(bad)} of {len(items(status, 'resources'))} resources out of sync or unhealthy": bad[:MOST_ROWS],
    }
    return Looked(text=compact(shown), command=_command(app), tainted=True)


async def _diff(estate: Estate, asked: Named) -> Looked:
    app = await _application(estate, asked.name)
    out = [one for one in items(app, "status", "resources") if text(one, "status") not in ("Synced", "")]
    pieces = await asyncio.gather(*(_difference(estate, one) for one in out[:MOST_OBJECTS]))
    more = [f"… and {len(out) - MOST_OBJECTS} more out of sync"] if len(out) > MOST_OBJECTS else []
    head = f"{_path(app)} is {text(app, 'status', 'sync', 'status') or 'of unknown sync'} with revision {_revision(app) or '?'}"
    return Looked(text="\n".join([head, *pieces, *more]), command=_command(app), tainted=True)


async def _history(estate: Estate, asked: Named) -> Looked:
    app = await _application(estate, asked.name)
    rows = [["ID", "DEPLOYED", "REVISION", "BY", "SOURCE"]]
    for one in reversed(items(app, "status", "history")):
        revision = text(one, "revision") or ",".join(texts(one, "revisions"))
        source = at(one, "source") or (items(one, "sources") or [{}])[0]
        by = "automated" if at(one, "initiatedBy", "automated") else text(one, "initiatedBy", "username")
        what = " ".join(filter(None, [text(source, "path") or text(source, "chart"), text(source, "targetRevision")]))
        rows.append([str(at(one, "id")), text(one, "deployedAt"), revision[:40], by, what])
    return Looked(text=columns(rows) if len(rows) > 1 else f"{_path(app)} was never deployed", command=_command(app), tainted=True)


async def _applications(estate: Estate) -> Sequence[Object]:
    try:
        found = await estate.list(API, KIND)
    except BlindError as error:
        if error.reason == "Absent":
            raise BlindError(f"`{estate.id}` has no Argo CD: it knows no kind Application", reason="Absent") from error
        raise
    return sorted(found, key=_path)


async def _application(estate: Estate, name: str) -> Object:
    """By name, or by namespace/name."""
    found = await _applications(estate)
    for app in found:
        if name in (text(app, "metadata", "name"), _path(app)):
            return app
    raise ValueError(f"there is no application `{name[:80]}`; there are: {', '.join(_path(app) for app in found[:30]) or 'none'}")


async def _difference(estate: Estate, one: Object) -> str:
    name = _resource_name(one)
    if at(one, "requiresPruning") is True:
        return f"{name}: is live and not in Git any more (requires pruning)"
    version = "/".join(filter(None, [text(one, "group"), text(one, "version")]))
    subject = Subject(
        estate=estate.id, api_version=version, kind=text(one, "kind"), namespace=text(one, "namespace"), name=text(one, "name")
    )
    if subject.kind == "Secret":
        return f"{name}: out of sync (a Secret is not read)"
    try:
        live = await estate.read(subject)
    except SteadError as error:
        return f"{name}: out of sync; {error}"
    if live is None:
        return f"{name}: is in Git and not live"
    lines = drift(live, APPLIERS)
    said = "\n".join(f"  {line}" for line in lines) or "  live is as it was last applied: Git has moved on since"
    return f"{name}: out of sync\n{said}"


def _is_bad(one: Object) -> bool:
    return text(one, "status") not in ("Synced", "") or text(one, "health", "status") not in ("", "Healthy")


def _resource_name(one: Object) -> str:
    namespace = text(one, "namespace")
    return f"{text(one, 'kind')} {namespace + '/' if namespace else ''}{text(one, 'name')}"


def _resource(one: Object) -> str:
    health = " ".join(filter(None, [text(one, "health", "status"), text(one, "health", "message")]))
    return f"{_resource_name(one)}: {', '.join(filter(None, [text(one, 'status'), health]))}"


def _failed(one: Object) -> bool:
    return text(one, "status") not in ("Synced", "Pruned", "") or text(one, "hookPhase") in ("Failed", "Error")


def _result(one: Object) -> str:
    return f"{_resource_name(one)}: {text(one, 'status') or text(one, 'hookPhase')} {text(one, 'message')}".rstrip()


def _revision(app: Object) -> str:
    return text(app, "status", "sync", "revision") or ",".join(texts(app, "status", "sync", "revisions"))


def _path(app: Object) -> str:
    return f"{text(app, 'metadata', 'namespace')}/{text(app, 'metadata', 'name')}"


def _command(app: Object) -> str:
    return f"kubectl get applications.argoproj.io -n {text(app, 'metadata', 'namespace')} {text(app, 'metadata', 'name')} -o yaml"


argocd = Toolset(
    name="argocd",
    fits=is_cluster,
    kinds=frozenset({"Application", "ApplicationSet", "AppProject"}),
    tools=(
        Tool(name="argocd_list", arguments=Listing, run=_list, page="Applications with their sync and health."),
        Tool(name="argocd_get", arguments=Named, run=_get, page="One application: source, conditions, last operation, what is bad in it."),
        Tool(
            name="argocd_diff", arguments=Named, run=_diff, page="What is out of sync, and where live objects differ from what was applied."
        ),
        Tool(name="argocd_history", arguments=Named, run=_history, page="What was deployed when, and by whom."),
    ),
    page=(__doc__ or "").strip(),
)
