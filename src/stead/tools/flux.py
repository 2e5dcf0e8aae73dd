"""Flux from its resources: sources, Kustomizations and HelmReleases, what they made of it, where live objects drifted, what was released.

Read through the identity that the checks read with; Flux itself is not asked.
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
from stead.estate.kubernetes.live import at, condition, items, text
from stead.ports import Estate, Object
from stead.tools.clusters import is_cluster, reader_of
from stead.tools.compact import columns, compact
from stead.tools.drift import drift

GROUPS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "GitRepository": "source.toolkit.fluxcd.io",
    "OCIRepository": "source.toolkit.fluxcd.io",
    "HelmRepository": "source.toolkit.fluxcd.io",
    "HelmChart": "source.toolkit.fluxcd.io",
    "Bucket": "source.toolkit.fluxcd.io",
}
APPLIERS = ("kustomize-controller", "helm-controller", "source-controller", "flux", "flux-client-side-apply")
MOST_OBJECTS = 12
MOST_ROWS = 150

FluxKind = Annotated[str, Meta(description=", ".join(GROUPS))]


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str = ""
    troubled: Annotated[bool, Meta(description="Only what is not ready, or suspended")] = False


class Named(msgspec.Struct, forbid_unknown_fields=True):
    kind: FluxKind
    namespace: str
    name: str


async def _list(estate: Estate, asked: Listing) -> Looked:
    found = await asyncio.gather(*(_of_kind(estate, kind, asked.namespace) for kind in GROUPS))
    if all(each is None for each in found):
        raise BlindError(f"`{estate.id}` has no Flux: it knows none of its kinds", reason="Absent")
    rows = [["KIND", "NAMESPACE", "NAME", "READY", "REVISION", "MESSAGE"]]
    for one in (one for each in found for one in each or ()):
        ready = text(condition(one, "Ready"), "status") or "?"
        suspended = at(one, "spec", "suspend") is True
        if asked.troubled and ready == "True" and not suspended:
            continue
        said = " ".join(text(condition(one, "Ready"), "message").split())[:200]
        where = [text(one, "kind"), text(one, "metadata", "namespace"), text(one, "metadata", "name")]
        rows.append([*where, f"{ready}{' (suspended)' if suspended else ''}", _revision(one)[:60], said])
    more = f"\n… and {len(rows) - 1 - MOST_ROWS} more" if len(rows) - 1 > MOST_ROWS else ""
    said = columns(rows[: MOST_ROWS + 1]) + more if len(rows) > 1 else "nothing of it there"
    return Looked(text=said, command="flux get all -A" if not asked.namespace else f"flux get all -n {asked.namespace}", tainted=True)


async def _get(estate: Estate, asked: Named) -> Looked:
    found, command = await _one(estate, asked)
    status = at(found, "status")
    shown = {
        "kind": text(found, "kind"),
        "name": _path(found),
        "spec": at(found, "spec"),
        "conditions": [
            f"{text(c, 'type')} {text(c, 'status')} {text(c, 'reason')}: {text(c, 'message')}" for c in items(status, "conditions")
        ],
        "lastAppliedRevision": at(status, "lastAppliedRevision"),
        "lastAttemptedRevision": at(status, "lastAttemptedRevision"),
        "artifact": {k: at(status, "artifact", k) for k in ("revision", "lastUpdateTime")},
        "failures": {k: at(status, k) for k in ("failures", "installFailures", "upgradeFailures")},
        "objects": len(items(status, "inventory", "entries")) or None,
    }
    source = await _source(estate, found)
    return Looked(text=compact(shown | ({"source": source} if source else {})), command=command, tainted=True)


async def _diff(estate: Estate, asked: Named) -> Looked:
    found, command = await _one(estate, asked)
    entries = items(found, "status", "inventory", "entries")
    lines = [f"{text(found, 'kind')} {_path(found)} at {_revision(found) or '?'}"]
    attempted, applied = text(found, "status", "lastAttemptedRevision"), text(found, "status", "lastAppliedRevision")
    if attempted and applied and attempted != applied:
        lines.append(f"revision {attempted} was tried and is not applied; live is {applied}")
    lines += [line for line in await asyncio.gather(*(_difference(estate, entry) for entry in entries[: MOST_OBJECTS * 4])) if line]
    if len(lines) == 1:
        lines.append(f"no drift in {min(len(entries), MOST_OBJECTS * 4)} of {len(entries)} objects" if entries else "it lists no objects")
    return Looked(text="\n".join(lines), command=command, tainted=True)


async def _history(estate: Estate, asked: Named) -> Looked:
    found, command = await _one(estate, asked)
    rows = [["VERSION", "STATUS", "CHART", "APP", "FIRST", "LAST"]]
    for one in items(found, "status", "history"):
        chart = " ".join(filter(None, [text(one, "chartName"), text(one, "chartVersion")]))
        rows.append(
            [
                str(at(one, "version") or ""),
                text(one, "status") or text(one, "lastReconciledStatus"),
                chart or text(one, "digest")[:24],
                text(one, "appVersion"),
                text(one, "firstDeployed") or text(one, "firstReconciled"),
                text(one, "lastDeployed") or text(one, "lastReconciled"),
            ]
        )
    if len(rows) > 1:
        return Looked(text=columns(rows), command=command, tainted=True)
    revisions = {k: at(found, "status", k) for k in ("lastAppliedRevision", "lastAttemptedRevision")}
    return Looked(text=f"it keeps no history\n{compact(revisions)}", command=command, tainted=True)


async def _of_kind(estate: Estate, kind: str, namespace: str) -> Sequence[Object] | None:
    """None where the cluster has no such kind."""
    try:
        resource = await reader_of(estate).resource(f"{kind.lower()}.{GROUPS[kind]}")
        return await estate.list(resource.api_version, kind, namespace)
    except BlindError as error:
        if error.reason == "Absent":
            return None
        raise


async def _one(estate: Estate, asked: Named) -> tuple[Object, str]:
    kind = next((known for known in GROUPS if known.lower() == asked.kind.lower()), "")
    if not kind:
        raise ValueError(f"`kind` is one of {', '.join(GROUPS)}")
    reader = reader_of(estate)
    resource = await reader.resource(f"{kind.lower()}.{GROUPS[kind]}")
    found = await reader.get(resource, asked.namespace, asked.name)
    if found is None:
        raise ValueError(f"there is no {kind} {asked.namespace}/{asked.name}")
    return found, resource.command(asked.namespace, asked.name)


async def _source(estate: Estate, found: Object) -> object:
    """What it is made from, and the newest revision of that."""
    ref = at(found, "spec", "sourceRef") or at(found, "spec", "chartRef") or at(found, "spec", "chart", "spec", "sourceRef")
    kind, name = text(ref, "kind"), text(ref, "name")
    if kind not in GROUPS or not name:
        return None
    namespace = text(ref, "namespace") or text(found, "metadata", "namespace")
    try:
        source, _ = await _one(estate, Named(kind=kind, namespace=namespace, name=name))
    except (SteadError, ValueError) as error:
        return f"{kind} {namespace}/{name}: {error}"
    ready = condition(source, "Ready")
    return {
        "name": f"{kind} {namespace}/{name}",
        "url": at(source, "spec", "url"),
        "revision": _revision(source),
        "ready": f"{text(ready, 'status')} {text(ready, 'reason')}: {text(ready, 'message')}",
    }


async def _difference(estate: Estate, entry: Object) -> str:
    """How a live object of an inventory differs; "" where it does not.

    An id is `namespace_name_group_kind`, and a colon in a name is written as two underscores (sigs.k8s.io/cli-utils, `object.ObjMetadata`).
    """
    namespace, _, rest = text(entry, "id").partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, group = rest.rpartition("_")
    name = name.replace("__", ":")
    if not name or kind in ("", "Secret"):
        return ""
    version = "/".join(filter(None, [group, text(entry, "v")]))
    subject = Subject(estate=estate.id, api_version=version, kind=kind, namespace=namespace, name=name)
    try:
        live = await estate.read(subject)
    except SteadError as error:
        return f"{subject}: {error}"
    if live is None:
        return f"{subject}: was made and is not live any more"
    lines = drift(live, APPLIERS)
    return f"{subject}:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _revision(one: Object) -> str:
    status = at(one, "status")
    newest = items(status, "history")
    charted = " ".join(filter(None, [text(newest[0], "chartName"), text(newest[0], "chartVersion")])) if newest else ""
    return text(status, "lastAppliedRevision") or text(status, "artifact", "revision") or text(status, "lastAttemptedRevision") or charted


def _path(one: Object) -> str:
    return f"{text(one, 'metadata', 'namespace')}/{text(one, 'metadata', 'name')}"


flux = Toolset(
    name="flux",
    fits=is_cluster,
    kinds=frozenset(GROUPS),
    tools=(
        Tool(name="flux_list", arguments=Listing, run=_list, page="Sources, Kustomizations and HelmReleases, with whether they are ready."),
        Tool(name="flux_get", arguments=Named, run=_get, page="One of them: spec, conditions, revisions, its source."),
        Tool(name="flux_diff", arguments=Named, run=_diff, page="What it made that is gone or was changed by another hand."),
        Tool(name="flux_history", arguments=Named, run=_history, page="What was released when."),
    ),
    page=(__doc__ or "").strip(),
)
