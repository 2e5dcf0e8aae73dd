"""Who keeps an object as Git has it, and where a change of it would last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.subject import Subject
from stead.estate.code.owner import Owners
from stead.estate.code.repository import Owns, Repository
from stead.estate.rest import RestServer
from stead.ports import Object
from stead.testing.scripted import ScriptedEstate

ARGO = {"metadata": {"namespace": "shop", "annotations": {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/web"}}}
FLUX = {
    "metadata": {
        "namespace": "shop",
        "labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"},
    }
}


class Cluster(ScriptedEstate):
    """With an application of Argo CD and a Kustomization of Flux."""

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        source = {"repoURL": "git@git.example.com:ops/Infra.git", "path": "apps/web"}
        return [{"metadata": {"name": "web", "namespace": "argocd"}, "spec": {"source": source}}] if kind == "Application" else []

    async def read(self, subject: Subject) -> Object | None:
        found: dict[str, Object] = {
            "Kustomization": {"spec": {"path": "./clusters/home", "sourceRef": {"kind": "GitRepository", "name": "infra"}}},
            "GitRepository": {"spec": {"url": "https://git.example.com:8443/ops/infra"}},
        }
        return found.get(subject.kind)


def repository(**more: Any) -> Repository:
    forge = RestServer(name="Gitea", url="https://git.example.com")
    url = more.pop("url", "https://git.example.com/ops/infra.git")
    return Repository(name="infra", url=url, base="main", slug="ops/infra", forge=forge, folder=Path("unused"), **more)


@pytest.mark.parametrize(
    ("repositories", "live", "said"),
    [
        ((repository(),), ARGO, "Argo CD application web owns it, from apps/web of the repository infra (propose_change)"),
        ((repository(),), FLUX, "Flux Kustomization flux/apps owns it, from ./clusters/home of the repository infra (propose_change)"),
        ((repository(url="https://other.example.com/ops/infra"),), ARGO, "Argo CD application web owns it"),
        (
            (repository(url="https://mirror.example.com/a/b", owns=Owns(applications=("we*",))),),
            ARGO,
            "Argo CD application web owns it, from the repository infra (propose_change)",
        ),
        (
            (repository(url="https://mirror.example.com/a/b", owns=Owns(namespaces=("shop",))),),
            FLUX,
            "Flux Kustomization flux/apps owns it, from the repository infra (propose_change)",
        ),
        ((), ARGO, "Argo CD application web owns it"),
        ((repository(),), {"metadata": {"name": "mine"}}, ""),
        ((repository(),), {"metadata": {"annotations": {"meta.helm.sh/release-name": "web"}}}, ""),
    ],
)
async def test_who_keeps_it_and_where(repositories: tuple[Repository, ...], live: Object, said: str, clock: SteppedClock) -> None:
    assert await Owners(repositories)(Cluster("home", clock), live) == said
