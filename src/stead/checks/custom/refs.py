"""What a custom resource cannot do without: what its rule says it names, what it owns, and what it says is not well.

These are the names that fold symptoms under their cause: a broken Issuer explains its Certificates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from stead.checks.custom.paths import holds, values
from stead.checks.custom.resource import Resource
from stead.checks.custom.rules import Ref, Rule
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Custom, DaemonSet, Deployment, Job, PersistentVolumeClaim, StatefulSet
from stead.estate.kubernetes.view import View

MOST = 40
_OWNED = (Deployment, StatefulSet, DaemonSet, Job, PersistentVolumeClaim)


def depends_on(obj: Custom, resource: Resource, rule: Rule, view: View) -> list[Subject]:
    """Nearest first: the parts that it says are not well, what it owns, itself (its pods are known by it), what it names."""
    found = [*_unwell(resource, view), *_owned(obj, view), view.subject(obj), *named(resource, rule, view)]
    return list(dict.fromkeys(found))[:MOST]


def named(resource: Resource, rule: Rule, view: View) -> Iterator[Subject]:
    """The objects that its rule's references name."""
    home = str(resource.data["metadata"]["namespace"])
    for ref in rule.refs:
        if holds(resource.data, ref.when):
            for found in values(resource.data, ref.at):
                for one in cast("list[Any]", found) if isinstance(found, list) else [found]:
                    yield from _subject(one, ref, home, view)


def _subject(one: Any, ref: Ref, home: str, view: View) -> Iterator[Subject]:
    told: Mapping[str, Any] = cast("dict[str, Any]", one) if isinstance(one, dict) else {ref.name: one}
    name, kind = told.get(ref.name), _word(told.get("kind")) or ref.kind
    if not isinstance(name, str) or not name or not kind:
        return
    group = _group(told, ref)
    space, _, name = name.rpartition("/")  # `namespace/name`, as Vault Secrets Operator and Istio write it; no name has a slash
    namespace = "" if kind in ref.cluster else space or _word(told.get(ref.namespace)) or home
    yield Subject(estate=view.estate_id, api_version=f"{group}/v1" if group else "v1", kind=kind, namespace=namespace, name=name[:253])


def _group(told: Mapping[str, Any], ref: Ref) -> str:
    if isinstance(told.get("group"), str):
        return str(told["group"])
    version = _word(told.get("apiVersion"))
    return version.rpartition("/")[0] if version else ref.group


def _owned(obj: Custom, view: View) -> Iterator[Subject]:
    meta, kind = obj.metadata, kind_of(type(obj)).kind
    for struct in (*sorted(view.custom(), key=lambda struct: struct.__name__), *_OWNED):
        for one in view.owned_by(struct, meta.namespace, kind, meta.name):
            yield view.subject(one)


def _unwell(resource: Resource, view: View) -> Iterator[Subject]:
    """Resources of an Argo CD Application that are not healthy (`status.resources`, with group, kind and health of each)."""
    for one in values(resource.data, "status.resources[]"):
        told = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
        health: Any = told.get("health")
        status = cast("dict[str, Any]", health).get("status") if isinstance(health, dict) else None
        kind, name, group = (_word(told.get(key)) for key in ("kind", "name", "group"))
        if status in ("Degraded", "Missing", "Progressing", "Unknown") and kind and name:
            version = f"{group}/v1" if group else "v1"
            namespace = _word(told.get("namespace"))
            yield Subject(estate=view.estate_id, api_version=version, kind=kind, namespace=namespace, name=name[:253])


def _word(found: Any) -> str:
    return found if isinstance(found, str) else ""
