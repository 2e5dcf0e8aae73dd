"""Objects of any kind, for trying checks: healthy unless a test says otherwise, an hour old at NOW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.estate.kubernetes.kinds import KINDS
from stead.testing.objects import NAMESPACE, Json, metadata

_KINDS = {kind.kind: kind for kind in KINDS}


def thing(kind: str, name: str = "it", meta: Mapping[str, Any] | None = None, **parts: Any) -> Json:
    """An object of a kind that Stead reads, with these top-level parts (`spec`, `status`, …). KeyError for another kind."""
    known = _KINDS[kind]
    own = metadata(name, NAMESPACE if known.namespaced else "") | dict(meta or {})
    return {"apiVersion": known.api_version, "kind": kind, "metadata": own} | parts


def template(**spec: Any) -> Json:
    """A pod template of app=api with this pod spec."""
    return {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [{"name": "app", "image": "example.com/api:12"}]} | spec}
