"""The labels of an object, of its workload and of its namespace, as matchers name them: `label.tier`, `namespace_label.env`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.slices import Namespace, Object

if TYPE_CHECKING:
    from stead.estate.kubernetes.view import View

OF_OBJECT, OF_NAMESPACE = "label.", "namespace_label."

MOST, LONGEST = 50, 63
"""Labels of one object that are kept, and letters of a value: what the API allows (Labels and Selectors, "Syntax and character set")."""

GENERATED = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that a controller writes and that differ from one pod to the next (Well-Known Labels): nobody means a fault by them."""


def labels_about(view: View, obj: Object, top: Subject | None) -> tuple[tuple[str, str], ...]:
    """By name. What the object and its workload both have, the object says."""
    meta, kind = obj.metadata, None if top is None else kind_named(top.api_version, top.kind)
    owner = None if top is None or kind is None else view.get(kind.struct, top.namespace, top.name)
    space = obj if isinstance(obj, Namespace) else view.get(Namespace, "", meta.namespace)
    own = {**(_kept(owner.metadata.labels) if owner is not None else {}), **_kept(meta.labels)}
    around = _kept(space.metadata.labels) if space is not None else {}
    return tuple(sorted({**_under(OF_OBJECT, own), **_under(OF_NAMESPACE, around)}.items()))


def _kept(labels: Mapping[str, str]) -> dict[str, str]:
    telling = [(name, value[:LONGEST]) for name, value in sorted(labels.items()) if name not in GENERATED]
    return dict(telling[:MOST])


def _under(prefix: str, labels: Mapping[str, str]) -> dict[str, str]:
    return {prefix + name: value for name, value in labels.items()}
