"""Helm's releases: what is installed, what was installed when, and with which values, secrets removed.

Helm keeps a release in a Secret, so this needs a right that the read role does not have: `deploy/kubernetes/helm.yaml` gives it to the read
identity. Without it, each tool says what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.errors import BlindError
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.helm import HelmReleases, Kept
from stead.ports import Estate
from stead.tools.clusters import is_cluster
from stead.tools.compact import columns, compact

MOST_RELEASES, MOST_REVISIONS = 60, 20
AT_ONCE = 6


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    namespace: Annotated[str, Meta(description="Empty: all")] = ""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str
    name: str


class Values(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str
    name: str
    revision: Annotated[int, Meta(description="0: the newest")] = 0
    defaults: Annotated[bool, Meta(description="The chart's own as well")] = False


async def _list(helm: HelmReleases, asked: Listing) -> Looked:
    newest: dict[tuple[str, str], Kept] = {}
    for one in await helm.kept(asked.namespace):
        newest.setdefault((one.namespace, one.name), one)
    rows = await _rows(helm, list(newest.values())[:MOST_RELEASES])
    more = f"\n… and {len(newest) - MOST_RELEASES} more" if len(newest) > MOST_RELEASES else ""
    where = f"-n {asked.namespace}" if asked.namespace else "-A"
    return Looked(text=columns(rows) + more if len(rows) > 1 else "no releases there", command=f"helm list -a {where}", tainted=True)


async def _history(helm: HelmReleases, asked: Named) -> Looked:
    kept = await _revisions(helm, asked.namespace, asked.name)
    rows = await _rows(helm, kept[:MOST_REVISIONS])
    return Looked(text=columns(rows), command=f"helm history -n {asked.namespace} {asked.name}", tainted=True)


async def _values(helm: HelmReleases, asked: Values) -> Looked:
    kept = await _revisions(helm, asked.namespace, asked.name)
    wanted = [one for one in kept if asked.revision in (0, one.revision)]
    if not wanted:
        raise ValueError(f"there is no revision {asked.revision}; there are: {', '.join(str(one.revision) for one in kept)}")
    release = await helm.read(wanted[0])
    shown: dict[str, Any] = {"revision": wanted[0].revision, "chart": release.chart, "values": release.values or "none were given"}
    shown |= {"the chart's own": release.defaults} if asked.defaults else {}
    command = f"helm get values -n {asked.namespace} {asked.name} --revision {wanted[0].revision}{' -a' if asked.defaults else ''}"
    return Looked(text=compact(shown), command=command, tainted=True)


async def _revisions(helm: HelmReleases, namespace: str, name: str) -> list[Kept]:
    found = [one for one in await helm.kept(namespace, name) if one.name == name]
    if not found:
        there = sorted({one.name for one in await helm.kept(namespace)})
        raise ValueError(f"there is no release {namespace}/{name}; there are: {', '.join(there[:30]) or 'none'}")
    return found


async def _rows(helm: HelmReleases, kept: list[Kept]) -> list[list[str]]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def row(one: Kept) -> list[str]:
        async with turns:
            release = await helm.read(one)
        said = " ".join(release.description.split())[:160]
        return [one.namespace, one.name, str(one.revision), one.status, release.chart, release.app_version, release.deployed[:19], said]

    head = ["NAMESPACE", "NAME", "REVISION", "STATUS", "CHART", "APP", "DEPLOYED", "DESCRIPTION"]
    return [head, *await asyncio.gather(*(row(one) for one in kept))]


def _on_helm(look: Callable[[HelmReleases, Any], Awaitable[Looked]]) -> Callable[[Estate, Any], Awaitable[Looked]]:
    """A look at Helm's releases as one at an estate; a missing right is told with what gives it."""

    async def run(estate: Estate, asked: Any) -> Looked:
        if not isinstance(estate, KubernetesEstate):
            raise BlindError(f"`{estate.id}` is no cluster", reason="Malformed")
        try:
            return await look(estate.helm(), asked)
        except BlindError as error:
            if error.reason != "Forbidden":
                raise
            missing = f"{error}; the read identity needs the role in deploy/kubernetes/helm.yaml"
            raise BlindError(missing, reason=error.reason, command=error.command) from error

    return run


helm = Toolset(
    name="helm",
    fits=is_cluster,
    kinds=frozenset({"HelmRelease", "HelmChart"}),
    tools=(
        Tool(name="helm_list", arguments=Listing, run=_on_helm(_list), page="Releases with their chart and state."),
        Tool(name="helm_history", arguments=Named, run=_on_helm(_history), page="The revisions of a release."),
        Tool(name="helm_values", arguments=Values, run=_on_helm(_values), page="The values of a release, without secrets."),
    ),
    page=(__doc__ or "").strip(),
)
