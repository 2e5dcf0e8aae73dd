"""A push to a repository is a change that explains what breaks in what is made from it, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.estate.history.test_history import APPLICATION, DEPLOYMENT, Kept, deployment

from stead.clocks import SteppedClock
from stead.domain.change import Done, sentence
from stead.domain.finding import Finding
from stead.domain.push import Push, change_of
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View

KUSTOMIZATION = Kind("kustomize.toolkit.fluxcd.io/v1", "kustomizations", "Kustomization", Pod, True)
REPOSITORY = Kind("source.toolkit.fluxcd.io/v1", "gitrepositories", "GitRepository", Pod, True)
PATHS = (("apps/payments/values.yaml", Done.CHANGED),)


@pytest.fixture
def kept(tmp_path: Path, clock: SteppedClock) -> Any:
    made = Kept(tmp_path, clock)
    yield made
    made.book.close()


def push(**more: Any) -> Push:
    given = {"repository": "Ann/Infra", "branch": "main", "after": "4f2a9c1" + "0" * 33, "author": "ann", "title": "Less memory"}
    return Push(**{**given, "commits": 1, "paths": PATHS, **more})


def argo(folder: str = "apps/payments", branch: str = "HEAD") -> dict[str, Any]:
    source = {"repoURL": "http://gitea.git.svc/ann/infra.git", "path": folder, "targetRevision": branch}
    return {"metadata": {"name": "payments", "namespace": "argocd", "uid": "u"}, "spec": {"source": source}}


def made_by_argo() -> dict[str, Any]:
    return deployment(annotations={"argocd.argoproj.io/tracking-id": "payments:apps/Deployment:payments/api"})


def blamed(kept: Kept) -> list[str]:
    """What came before a fault of the Deployment, in a sentence."""
    api = Subject(estate="home", api_version="apps/v1", kind="Deployment", name="api", namespace="payments")
    now = kept.clock.now()
    finding = Finding(check="x", subject=api, reason="Broken", summary="it is broken", since=now)
    return [sentence(change, now) for change in kept.history.explain(finding, View("home")).changes]


def test_a_fault_of_what_argo_cd_makes_names_the_push_before_it_also_after_a_restart(kept: Kept) -> None:
    kept.first(APPLICATION, argo())
    kept.first(DEPLOYMENT, made_by_argo())
    assert kept.history.pushed(change_of(push(), "home", kept.clock.now()))
    kept.clock.advance(timedelta(minutes=4))
    name = "main@4f2a9c1 of Repository ann/infra (ann, 09:00 UTC)"
    wanted = [f"Began 4 min after {name}, from commit “Less memory”: apps/payments/values.yaml changed"]
    assert blamed(kept) == wanted
    kept.restart()
    kept.first(DEPLOYMENT, made_by_argo())
    assert blamed(kept) == wanted


def test_flux_is_followed_through_its_source(kept: Kept) -> None:
    kept.first(REPOSITORY, {"metadata": {"name": "infra", "namespace": "flux"}, "spec": {"url": "ssh://git@x/ann/infra"}})
    reference = {"kind": "GitRepository", "name": "infra"}
    kept.first(
        KUSTOMIZATION,
        {"metadata": {"name": "payments", "namespace": "flux"}, "spec": {"sourceRef": reference, "path": "./apps/payments"}},
    )
    labels = {"kustomize.toolkit.fluxcd.io/name": "payments", "kustomize.toolkit.fluxcd.io/namespace": "flux"}
    kept.first(DEPLOYMENT, deployment(labels=labels))
    kept.history.pushed(change_of(push(), "home", kept.clock.now()))
    assert len(blamed(kept)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"paths": (("apps/other/values.yaml", Done.CHANGED),)},
        {"repository": "ann/other"},
        {"branch": "topic", "default": False},
    ],
)
def test_a_push_elsewhere_is_listed_and_blamed_for_nothing(kept: Kept, other: dict[str, Any]) -> None:
    kept.first(APPLICATION, argo())
    kept.first(DEPLOYMENT, made_by_argo())
    kept.history.pushed(change_of(push(**other), "home", kept.clock.now()))
    assert blamed(kept) == []
    assert len(kept.told()) == 1


def test_a_branch_that_is_followed_by_name_counts(kept: Kept) -> None:
    kept.first(APPLICATION, argo(branch="topic"))
    kept.first(DEPLOYMENT, made_by_argo())
    kept.history.pushed(change_of(push(), "home", kept.clock.now()))
    assert blamed(kept) == []
    kept.history.pushed(change_of(push(branch="topic", default=False), "home", kept.clock.now()))
    assert len(blamed(kept)) == 1


def test_the_same_push_once_more_changes_nothing(kept: Kept) -> None:
    assert kept.history.pushed(change_of(push(), "home", kept.clock.now()))
    kept.clock.advance(timedelta(hours=3))
    kept.restart()
    assert not kept.history.pushed(change_of(push(), "home", kept.clock.now()))
    assert len(kept.told()) == 1
