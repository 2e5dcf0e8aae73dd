"""Which part of which kind is remembered, and what is taken out of it before it is. Pure but for the key.

An event that changes nothing of that part costs one shallow decoding and one hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import msgspec

from stead.domain.change import FieldChange
from stead.domain.redaction import MARK, Redactor
from stead.estate.history.hands import Application, application_of
from stead.estate.kubernetes.live import at, text
from stead.estate.kubernetes.revisions import REVISION
from stead.estate.kubernetes.slices.meta import Slice

DIGEST = "hmac:"
"""Before the digest of a ConfigMap's value."""
_DIGITS = 16
"""Hexadecimal digits of a digest: 64 bits tell the versions of one value apart, and nobody without the key can try values."""
_DIGEST_IN_MARK = re.compile(rf"{re.escape(MARK[:-1])}:[0-9a-f]+\]")
_NOTHING = msgspec.Raw(b"")

SPECS = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "CronJob"),
        ("", "ConfigMap"),
        ("", "Service"),
        ("networking.k8s.io", "Ingress"),
        ("", "Node"),
        ("argoproj.io", "Application"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ("source.toolkit.fluxcd.io", "GitRepository"),
    }
)
"""(API group, kind) of what is remembered: what people and their tools write, and nothing that only says how things are."""

_STATUS = frozenset({"Node", "Application", "Kustomization", "HelmRelease"})
"""Kinds whose status tells of a change, too: a node's versions, an application's revision."""


class _Annotations(Slice, frozen=True):
    revision: str = msgspec.field(default="", name=REVISION)
    tracked: str = msgspec.field(default="", name="argocd.argoproj.io/tracking-id")


class _Labels(Slice, frozen=True):
    argo: str = msgspec.field(default="", name="argocd.argoproj.io/instance")
    kustomize: str = msgspec.field(default="", name="kustomize.toolkit.fluxcd.io/name")
    kustomize_in: str = msgspec.field(default="", name="kustomize.toolkit.fluxcd.io/namespace")
    helm: str = msgspec.field(default="", name="helm.toolkit.fluxcd.io/name")
    helm_in: str = msgspec.field(default="", name="helm.toolkit.fluxcd.io/namespace")


class _Meta(Slice, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    annotations: _Annotations | None = None
    labels: _Labels | None = None


class _Shallow(Slice, frozen=True):
    metadata: _Meta = _Meta()
    spec: msgspec.Raw = _NOTHING
    data: msgspec.Raw = _NOTHING
    binary_data: msgspec.Raw = _NOTHING
    status: msgspec.Raw = _NOTHING


_SHALLOW: msgspec.json.Decoder[_Shallow] = msgspec.json.Decoder(_Shallow)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a shallow look tells: whose object it is, a hash of what is remembered, a Deployment's revision, which application made it."""

    namespace: str
    name: str
    uid: str
    hash: bytes
    revision: str
    made_by: Application | None = None


def glance(kind: str, raw: bytes | msgspec.Raw) -> Glance | None:
    """None for what cannot be read."""
    try:
        found = _SHALLOW.decode(raw)
        hashed = hashlib.blake2b(digest_size=16)
        parts = (found.spec, found.data, found.binary_data)
        for part in parts if kind != "Node" else ():
            hashed.update(bytes(part) + b"\0")
        if kind in _STATUS:
            status = msgspec.json.decode(found.status) if bytes(found.status) else None
            spec = msgspec.json.decode(found.spec) if kind == "Node" and bytes(found.spec) else None
            hashed.update(msgspec.json.encode(_of_status(kind, {"spec": spec, "status": status}), order="sorted"))
    except (ValueError, RecursionError, TypeError):
        return None
    meta = found.metadata
    revision = meta.annotations.revision if meta.annotations else ""
    return Glance(meta.namespace, meta.name, meta.uid, hashed.digest(), revision, _made_by(meta))


def _made_by(meta: _Meta) -> Application | None:
    """As `application_of` reads it from the whole object."""
    tracked = meta.annotations.tracked if meta.annotations else ""
    if not tracked and meta.labels in (None, _UNMARKED):
        return None
    labels: Any = msgspec.to_builtins(meta.labels) if meta.labels else {}
    return application_of({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": tracked}, "labels": labels}})


_UNMARKED = _Labels()


class Keeper:
    """Makes of an object what may be remembered, under the installation's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._redactor = Redactor(digest=self._digits)

    def keep(self, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
        """The part of a whole object that is remembered, without secrets."""
        if kind == "Node":
            return _of_status(kind, obj)
        if kind == "ConfigMap":
            return {part: self._digests(obj.get(part)) for part in ("data", "binaryData") if obj.get(part)}
        kept = self._redactor.object({"kind": kind, "spec": obj.get("spec")})
        return {"spec": kept["spec"]} | (_of_status(kind, obj) if kind in _STATUS else {})

    def _digests(self, given: Any) -> dict[str, str]:
        if not isinstance(given, dict):
            return {}
        return {str(name): DIGEST + self._digits(str(value)) for name, value in cast("dict[Any, Any]", given).items()}

    def _digits(self, value: str) -> str:
        return hmac.new(self._key, value.encode(errors="replace"), hashlib.sha256).hexdigest()[:_DIGITS]


def _of_status(kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    if kind == "Node":
        info = {name: text(obj, "status", "nodeInfo", name) for name in _VERSIONS}
        return {
            "versions": {name: value for name, value in info.items() if value},
            "unschedulable": at(obj, "spec", "unschedulable") is True,
        }
    return {"revision": revision_of(kind, obj)}


_VERSIONS = ("kubeletVersion", "containerRuntimeVersion", "kernelVersion", "osImage")

_REVISIONS: dict[str, tuple[Callable[[dict[str, Any]], str], ...]] = {
    "Application": (
        lambda app: text(app, "status", "operationState", "operation", "sync", "revision"),
        lambda app: text(app, "status", "operationState", "syncResult", "revision"),
        lambda app: text(app, "status", "sync", "revision"),
    ),
    "Kustomization": (
        lambda app: text(app, "status", "lastAttemptedRevision"),
        lambda app: text(app, "status", "lastAppliedRevision"),
    ),
    "HelmRelease": (
        lambda app: text(app, "status", "lastAttemptedRevision"),
        lambda app: text(app, "status", "lastAppliedRevision"),
    ),
}
"""Where an application says what it was made from: Argo CD's Application (status.operationState, status.sync), Flux' Kustomization and
HelmRelease (status.lastAttemptedRevision, lastAppliedRevision), the newest first."""


def revision_of(kind: str, obj: dict[str, Any]) -> str:
    """The revision of an application, "" where it tells none."""
    return next((found for read in _REVISIONS.get(kind, ()) if (found := read(obj))), "")


def shown(field: FieldChange) -> FieldChange:
    """The field without digests: that something secret changed is told, not by what."""
    return replace(field, old=_without_digest(field.old), new=_without_digest(field.new))


def _without_digest(value: str | None) -> str | None:
    if value is None or not value.startswith(DIGEST):
        return None if value is None else _DIGEST_IN_MARK.sub(MARK, value)
    return ""
