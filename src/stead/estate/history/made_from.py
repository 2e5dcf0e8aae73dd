"""What applications of Argo CD and Flux are made from: which folder of which branch of which repository. Pure.

Sources: `spec.source` and `spec.sources` of an Application (https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/),
`spec.sourceRef` and `spec.path` of a Kustomization, `spec.chart.spec` of a HelmRelease, `spec.url` and `spec.ref.branch` of a GitRepository
(https://fluxcd.io/flux/components/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from stead.domain.push import Tracked, repository_name
from stead.estate.history.hands import Application
from stead.estate.kubernetes.live import at, items, text

SOURCE = "GitRepository"
Json = Mapping[str, Any]


class MadeFrom:
    """Told of each application and source as it is, it answers what an application is made from."""

    def __init__(self) -> None:
        self._direct: dict[Application, tuple[Tracked, ...]] = {}
        self._through: dict[Application, tuple[Application, str]] = {}

    def note(self, kind: str, namespace: str, name: str, body: Json) -> None:
        """`body` has the object's `spec`."""
        found = tuple(_argo(body)) if kind == "Application" else tuple(_source(body)) if kind == SOURCE else ()
        for key in ((kind, namespace, name), (kind, "", name)):
            if found:
                self._direct[key] = found
            elif kind != SOURCE and (way := _way(kind, namespace, body)) is not None:
                self._through[key] = way

    def of(self, application: Application) -> tuple[Tracked, ...]:
        if application in self._direct:
            return self._direct[application]
        way = self._through.get(application)
        if way is None:
            return ()
        source, folder = way
        return tuple(replace(one, folder=folder) for one in self._direct.get(source, ()))


def _argo(body: Json) -> Iterator[Tracked]:
    alone = at(body, "spec", "source")
    for source in [cast(Json, alone)] if isinstance(alone, dict) else items(body, "spec", "sources"):
        if (name := repository_name(text(source, "repoURL"))) and not text(source, "chart"):
            yield Tracked(repository=name, branch=text(source, "targetRevision"), folder=text(source, "path"))


def _source(body: Json) -> Iterator[Tracked]:
    if name := repository_name(text(body, "spec", "url")):
        yield Tracked(repository=name, branch=text(body, "spec", "ref", "branch"))


def _way(kind: str, namespace: str, body: Json) -> tuple[Application, str] | None:
    """The source of a Flux object, and the folder of it."""
    below = ("spec",) if kind == "Kustomization" else ("spec", "chart", "spec")
    if text(body, *below, "sourceRef", "kind") != SOURCE:
        return None
    source = (SOURCE, text(body, *below, "sourceRef", "namespace") or namespace, text(body, *below, "sourceRef", "name"))
    return source, text(body, *below, "path" if kind == "Kustomization" else "chart")
