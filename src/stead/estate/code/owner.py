"""Who keeps a live object as Git has it, and in which repository a change of it would last.

An application says itself where it comes from: Argo CD's `spec.source(s)[].repoURL` and `path`, Flux' `spec.sourceRef` and `path`
(docs: "Application Specification"; "Kustomization", "HelmRelease"). What the configuration says a repository `owns` counts first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from stead.domain.errors import BlindError
from stead.domain.subject import Subject
from stead.estate.code.repository import Repository
from stead.estate.kubernetes.gitops import held_by_git
from stead.estate.kubernetes.live import at, items, text
from stead.ports import Estate, Object

_CONTROLLERS = ("Argo CD ", "Flux ")
_FLUX = {"kustomize": ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"), "helm": ("helm.toolkit.fluxcd.io/v2", "HelmRelease")}
_SOURCES = "source.toolkit.fluxcd.io/v1"


class Owners:
    """`await owners(estate, live)`: a clause like `Argo CD application web owns it, from web of the repository infra`; "" for nobody."""

    def __init__(self, repositories: Iterable[Repository]) -> None:
        self._repositories = tuple(repositories)

    async def __call__(self, estate: Estate, live: Object) -> str:
        holder = held_by_git(live)
        if not holder.startswith(_CONTROLLERS):
            return ""
        try:
            repository, path = await self._source(estate, live, holder.rpartition(" ")[2])
        except BlindError:
            repository, path = None, ""
        if repository is None:
            return f"{holder} owns it"
        inside = f"{path} of " if path.strip("./") else ""
        return f"{holder} owns it, from {inside}the repository {repository.name} (propose_change)"

    async def _source(self, estate: Estate, live: Object, application: str) -> tuple[Repository | None, str]:
        namespace = text(live, "metadata", "namespace")
        for one in self._repositories:
            named = any(fnmatchcase(application.rpartition("/")[2], pattern) for pattern in one.owns.applications)
            if named or any(fnmatchcase(namespace, pattern) for pattern in one.owns.namespaces):
                return one, ""
        if not self._repositories:
            return None, ""
        for url, path in await _sources(estate, live, application):
            for repository in self._repositories:
                if _address(repository.url) == _address(url):
                    return repository, path
        return None, ""


async def _sources(estate: Estate, live: Object, application: str) -> list[tuple[str, str]]:
    """(URL, path) of what the application is made from."""
    for kind, (version, name) in _FLUX.items():
        label = f"{kind}.toolkit.fluxcd.io"
        if called := text(live, "metadata", "labels", f"{label}/name"):
            where = text(live, "metadata", "labels", f"{label}/namespace")
            return await _flux(estate, version, name, where, called)
    applications = await estate.list("argoproj.io/v1alpha1", "Application")
    names = {id(one): (text(one, "metadata", "name"), text(one, "metadata", "namespace")) for one in applications}
    meant = [one for one in applications if application in (names[id(one)][0], "_".join(reversed(names[id(one)])))]
    return [source for one in meant for source in _argo(one)]


def _argo(application: Object) -> Iterator[tuple[str, str]]:
    for source in [at(application, "spec", "source"), *items(at(application, "spec"), "sources")]:
        if url := text(source, "repoURL"):
            yield url, text(source, "path")


async def _flux(estate: Estate, version: str, kind: str, namespace: str, name: str) -> list[tuple[str, str]]:
    owner = await estate.read(Subject(estate=estate.id, api_version=version, kind=kind, name=name, namespace=namespace))
    reference = at(owner, "spec", "sourceRef") or at(owner, "spec", "chart", "spec", "sourceRef")
    if text(reference, "kind") != "GitRepository":
        return []
    where, called = text(reference, "namespace") or namespace, text(reference, "name")
    source = await estate.read(Subject(estate=estate.id, api_version=_SOURCES, kind="GitRepository", name=called, namespace=where))
    return [(text(source, "spec", "url"), text(owner, "spec", "path") or text(owner, "spec", "chart", "spec", "chart"))]


def _address(url: str) -> str:
    """Host and path of a repository, however it is reached: `git@host:a/b.git` and `https://host/a/b` are one."""
    found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^@/]*@)?(\[[^\]]+\]|[^/:]*)(?::\d+)?[:/]+(.*)", url.strip(), re.IGNORECASE)
    host, path = (found[1], found[2]) if found else ("", url)
    return f"{host}/{path.strip('/').removesuffix('.git')}".casefold()
