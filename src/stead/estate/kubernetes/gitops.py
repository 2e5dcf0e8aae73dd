"""Whether something else keeps an object as it is: a live change then holds only until that looks again."""

from __future__ import annotations

from stead.estate.kubernetes.live import text
from stead.ports import Object


def held_by_git(live: Object) -> str:
    """Who keeps the object as Git or a chart has it (`Argo CD application web`), "" when nobody says so.

    Argo CD: the tracking annotation or its older label (docs/user-guide/resource_tracking) · Flux: the labels of kustomize-controller and
    helm-controller · Helm: the annotation of its releases, for what no Flux HelmRelease made.
    """
    tracking = text(live, "metadata", "annotations", "argocd.argoproj.io/tracking-id").partition(":")[0]
    if application := tracking or text(live, "metadata", "labels", "argocd.argoproj.io/instance"):
        return f"Argo CD application {application}"
    if name := text(live, "metadata", "labels", "kustomize.toolkit.fluxcd.io/name"):
        return f"Flux Kustomization {text(live, 'metadata', 'labels', 'kustomize.toolkit.fluxcd.io/namespace')}/{name}"
    if name := text(live, "metadata", "labels", "helm.toolkit.fluxcd.io/name"):
        return f"Flux HelmRelease {text(live, 'metadata', 'labels', 'helm.toolkit.fluxcd.io/namespace')}/{name}"
    if release := text(live, "metadata", "annotations", "meta.helm.sh/release-name"):
        return f"Helm release {text(live, 'metadata', 'annotations', 'meta.helm.sh/release-namespace')}/{release}"
    return ""
