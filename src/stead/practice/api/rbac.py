"""Who may do what: Roles, ClusterRoles and their bindings, read from the store at each decision.

Promise: deny unless a rule allows; the sentence of a refusal is the real server's.
Source: `plugin/pkg/auth/authorizer/rbac`, `k8s.io/component-helpers/auth/rbac/validation`.
"""

from __future__ import annotations

from collections.abc import Iterator

from stead.practice.api import errors
from stead.practice.api.request import Identity, Target
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each
from stead.practice.store import Store

_GROUP = "rbac.authorization.k8s.io"
MASTERS = "system:masters"
_REVIEWS: list[Obj] = [
    {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
    {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
]
_PUBLIC: Obj = {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]}
_DISCOVERY: Obj = {
    "verbs": ["get"],
    "nonResourceURLs": [
        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/",
    ],
}  # fmt: skip
_WELL_KNOWN: Obj = {"verbs": ["get"], "nonResourceURLs": ["/.well-known", "/.well-known/*"]}
_EVERYTHING: list[Obj] = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]


class Rbac:
    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, who: Identity, target: Target) -> bool:
        if MASTERS in who.groups:
            return True
        return any(_covers(rule, target) for rule in self.rules(who, target.namespace))

    def rules(self, who: Identity, namespace: str) -> Iterator[Obj]:
        """All rules that hold for `who` in the namespace, the built-in ones of everybody first."""
        if MASTERS in who.groups:
            yield from _EVERYTHING
        if "system:authenticated" in who.groups:
            yield from (*_REVIEWS, _PUBLIC, _DISCOVERY, _WELL_KNOWN)
        else:
            yield _PUBLIC
        for binding in self._store.list(f"clusterrolebindings.{_GROUP}"):
            if _binds(binding, who):
                yield from self._role(binding, "")
        for binding in self._store.list(f"rolebindings.{_GROUP}", namespace) if namespace else ():
            if _binds(binding, who):
                yield from self._role(binding, namespace)

    def _role(self, binding: Obj, namespace: str) -> list[Obj]:
        reference = binding["roleRef"]
        if reference.get("kind") == "Role":
            role = self._store.get(f"roles.{_GROUP}", namespace, reference["name"])
        else:
            role = self._store.get(f"clusterroles.{_GROUP}", "", reference["name"])
        return each(role or {}, "rules")


def _binds(binding: Obj, who: Identity) -> bool:
    return any(_is(subject, who, binding) for subject in each(binding, "subjects"))


def _is(subject: Obj, who: Identity, binding: Obj) -> bool:
    match subject.get("kind"):
        case "User":
            return subject["name"] == who.name
        case "Group":
            return subject["name"] in who.groups
        case "ServiceAccount":
            namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
            return who.name == f"system:serviceaccount:{namespace}:{subject['name']}"
        case _:
            return False


def _covers(rule: Obj, target: Target) -> bool:
    if not _has(rule.get("verbs"), target.verb):
        return False
    if not target.plural:
        return any(_path(pattern, target.path) for pattern in each(rule, "nonResourceURLs"))
    named = each(rule, "resourceNames")
    return _has(rule.get("apiGroups"), target.group) and _resource(each(rule, "resources"), target) and (not named or target.name in named)


def _has(values: list[str] | None, wanted: str) -> bool:
    return bool(values) and ("*" in (values or ()) or wanted in (values or ()))


def _resource(values: list[str] | tuple[str, ...], target: Target) -> bool:
    wanted = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    return "*" in values or wanted in values or (bool(target.subresource) and f"*/{target.subresource}" in values)


def _path(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def refusal(who: Identity, target: Target, resource: Resource | None) -> errors.ApiError:
    if not target.plural:
        message = f'forbidden: User "{who.name}" cannot {target.verb} path "{target.path}"'
        return errors.ApiError(403, "Forbidden", message, {})
    asked = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    place = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    why = f'User "{who.name}" cannot {target.verb} resource "{asked}" in API group "{target.group}" {place}'
    known = resource or Resource(target.group, target.version, "", target.plural, "")
    return errors.forbidden(known, target.name, why)
