"""The kinds of Flux that are reconciled, and what asks their controllers to do it now.

https://fluxcd.io/flux/components/kustomize/kustomizations/#triggering-a-reconcile
"""

from __future__ import annotations

from stead.domain.subject import Subject

KINDS = ("Kustomization", "HelmRelease", "GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket")

PLURALS = {
    "kustomize.toolkit.fluxcd.io": ("kustomizations",),
    "helm.toolkit.fluxcd.io": ("helmreleases",),
    "source.toolkit.fluxcd.io": ("gitrepositories", "ocirepositories", "helmrepositories", "helmcharts", "buckets"),
}

REQUESTED = "reconcile.fluxcd.io/requestedAt"
RESET = "reconcile.fluxcd.io/resetAt"
"""With the same value as REQUESTED it has the controller forget a HelmRelease's failures, which hold it back once retries are spent."""

_WORDS = {
    "GitRepository": "source git",
    "OCIRepository": "source oci",
    "HelmRepository": "source helm",
    "HelmChart": "source chart",
    "Bucket": "source bucket",
}


def flux(word: str, subject: Subject, *options: str) -> str:
    """The line that a person pastes: `flux reconcile helmrelease web -n shop`."""
    return " ".join(["flux", word, _WORDS.get(subject.kind, subject.kind.lower()), subject.name, "-n", subject.namespace, *options])


def is_flux(subject: Subject) -> bool:
    """Whether it is one of Flux' own: kustomize.config.k8s.io has a Kustomization, too."""
    return subject.group in PLURALS
