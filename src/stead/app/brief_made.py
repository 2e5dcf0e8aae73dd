"""The brief of an estate as its live picture has it: nodes, storage, namespaces with their workloads, GitOps, ingress; of a host its own.

Names only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from stead.app import brief_host
from stead.domain.errors import SteadError
from stead.estate.host.estate import HostEstate
from stead.ports import Clock, Estate
from stead.store import briefs
from stead.store.database import Store

SOON, EVERY = timedelta(minutes=1), timedelta(hours=1)
"""After the start, and after that: what an estate is made of changes by the day."""
MOST_NAMES, MOST_NAMESPACES = 12, 40
_QUIET = ("kube-node-lease", "kube-public")

Objects = Sequence[Mapping[str, Any]]


async def follow(store: Store, estates: Mapping[str, Estate], clock: Clock) -> None:
    """Keep the briefs of all estates fresh. Until cancelled."""
    wait = SOON
    while True:
        await clock.sleep_until(clock.now() + wait)
        wait = EVERY
        for name, estate in tuple(estates.items()):
            await refresh(store, name, estate, estates, clock)


async def refresh(store: Store, name: str, estate: Estate, estates: Mapping[str, Estate], clock: Clock) -> None:
    """Look at one estate and keep what it is made of; where nobody can look, what was known stays."""
    sections = await sections_of(name, estate, estates)
    before = await store.look(briefs.get, name)
    if sections and sections != before.generated:
        await store.run(briefs.generated, name, sections, clock.now())


async def sections_of(name: str, estate: Estate, estates: Mapping[str, Estate]) -> dict[str, str]:
    """heading → text; what cannot be read, or is not there, has no section."""
    made = await brief_host.sections(estate.commands) if isinstance(estate, HostEstate) else dict[str, str]()
    for heading, kinds, tell in _SECTIONS:
        found = [await _listed(estate, api_version, kind) for api_version, kind in kinds]
        if text := tell(*found):
            made[heading] = text
    others = [f"{other} ({type(one).__name__.removesuffix('Estate').lower()})" for other, one in estates.items() if other != name]
    return made | ({"Other estates": ", ".join(others)} if others and made else {})


async def _listed(estate: Estate, api_version: str, kind: str) -> Objects:
    try:
        async with asyncio.timeout(30):
            return await estate.list(api_version, kind)
    except (SteadError, TimeoutError):
        return []


def _nodes(nodes: Objects) -> str:
    versions = sorted({str(_at(node, "status", "nodeInfo", "kubeletVersion")) for node in nodes})
    named = [_name(node) + (" (control plane)" if _is_control_plane(node) else "") for node in nodes]
    return f"{len(nodes)}: {_names(named)}; Kubernetes {', '.join(versions)}" if nodes else ""


def _is_control_plane(node: Mapping[str, Any]) -> bool:
    return _at(node, "metadata", "labels", "node-role.kubernetes.io/control-plane") is not None


def _storage(classes: Objects) -> str:
    default = "storageclass.kubernetes.io/is-default-class"
    return _names([f"{_name(one)} ({one.get('provisioner', '')}{_default(one, default)})" for one in classes])


def _ingress(classes: Objects, ingresses: Objects) -> str:
    default = "ingressclass.kubernetes.io/is-default-class"
    named = _names([f"{_name(one)}{_default(one, default)}" for one in classes])
    hosts = sorted({str(rule["host"]) for one in ingresses for rule in _objects(one, "spec", "rules") if rule.get("host")})
    return "; ".join(part for part in (named, f"hosts {_names(hosts)}" if hosts else "") if part)


def _gitops(applications: Objects, repositories: Objects, kustomizations: Objects) -> str:
    sources = [source for one in applications for key in ("source", "sources") for source in _objects(one, "spec", key)]
    argo = sorted({str(source.get("repoURL")) for source in sources if source.get("repoURL")})
    flux = sorted({str(url) for one in repositories if (url := _at(one, "spec", "url"))})
    parts = [f"Argo CD, {len(applications)} applications from {_names(argo)}"] if applications else []
    parts += [f"Flux, {len(kustomizations)} kustomizations from {_names(flux)}"] if repositories else []
    return "; ".join(parts)


def _namespaces(*workloads: Objects) -> str:
    """Those with the most workloads first."""
    held: dict[str, list[str]] = {}
    for one in (one for kind in workloads for one in kind):
        held.setdefault(str(_at(one, "metadata", "namespace")), []).append(_name(one))
    order = sorted((name for name in held if name not in _QUIET), key=lambda name: (name.startswith("kube-"), -len(held[name]), name))
    lines = [f"- {name}: {_names(sorted(held[name]), 6)}" for name in order[:MOST_NAMESPACES]]
    return "\n".join([*lines, *([f"- and {len(order) - MOST_NAMESPACES} more"] if len(order) > MOST_NAMESPACES else [])])


_SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...], Callable[..., str]], ...] = (
    ("Nodes", (("v1", "Node"),), _nodes),
    ("Storage classes", (("storage.k8s.io/v1", "StorageClass"),), _storage),
    (
        "GitOps",
        (
            ("argoproj.io/v1alpha1", "Application"),
            ("source.toolkit.fluxcd.io/v1", "GitRepository"),
            ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        ),
        _gitops,
    ),
    ("Ingress", (("networking.k8s.io/v1", "IngressClass"), ("networking.k8s.io/v1", "Ingress")), _ingress),
    ("Namespaces", (("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet")), _namespaces),
)


def _at(found: Any, *keys: str) -> Any:
    for key in keys:
        found = cast("Mapping[str, Any]", found).get(key) if isinstance(found, Mapping) else None
    return found


def _objects(found: Any, *keys: str) -> Objects:
    """The objects in a list there, or the one object that stands there."""
    there = _at(found, *keys)
    listed = cast("list[Any]", there) if isinstance(there, list) else [there]
    return [cast("Mapping[str, Any]", one) for one in listed if isinstance(one, Mapping)]


def _name(one: Mapping[str, Any]) -> str:
    return str(_at(one, "metadata", "name"))


def _default(one: Mapping[str, Any], annotation: str) -> str:
    return ", default" if _at(one, "metadata", "annotations", annotation) == "true" else ""


def _names(names: Sequence[str], most: int = MOST_NAMES) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
