"""Questions about rights and identity, which are created, answered and never stored.

Source: `k8s.io/api/authorization/v1`, `authentication/v1`.
"""

from __future__ import annotations

from typing import Any

from stead.practice import timestamps
from stead.practice.api import errors
from stead.practice.api.rbac import Rbac
from stead.practice.api.request import Identity, Target
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside
from stead.practice.world import World


class Reviews:
    def __init__(self, world: World, rbac: Rbac) -> None:
        self._world = world
        self._rbac = rbac

    def answer(self, resource: Resource, body: Obj, who: Identity) -> Obj:
        spec: Obj = inside(body, "spec")
        status = self._status(resource.kind, spec, who)
        head: Obj = {"kind": resource.kind, "apiVersion": resource.api_version}
        if resource.kind == "SelfSubjectReview":
            created = timestamps.seconds(self._world.now)
            return {**head, "metadata": {"creationTimestamp": created}, "status": status}
        shown = {} if resource.kind == "SelfSubjectRulesReview" else {name: _trimmed(value) for name, value in spec.items()}
        return {**head, "metadata": {}, "spec": shown, "status": status}

    def _status(self, kind: str, spec: Obj, who: Identity) -> Obj:
        match kind:
            case "SelfSubjectAccessReview":
                return self._access(spec, who)
            case "SubjectAccessReview" | "LocalSubjectAccessReview":
                groups = tuple(each(spec, "groups"))
                return self._access(spec, Identity(spec.get("user", ""), groups))
            case "SelfSubjectRulesReview":
                return self._rules(who, spec.get("namespace", ""))
            case "SelfSubjectReview":
                return {"userInfo": {"username": who.name, "uid": who.uid, "groups": list(who.groups)}}
            case _:
                raise errors.not_implemented(kind)

    def _access(self, spec: Obj, who: Identity) -> Obj:
        about: Obj = inside(spec, "resourceAttributes")
        if about:
            target = Target(
                about.get("verb", ""), "", about.get("group", ""), about.get("version", ""), about.get("resource", ""),
                about.get("namespace", ""), about.get("name", ""), about.get("subresource", ""),
            )  # fmt: skip
        else:
            path: Obj = inside(spec, "nonResourceAttributes")
            target = Target(path.get("verb", ""), path.get("path", ""))
        return {"allowed": self._rbac.allows(who, target)}

    def _rules(self, who: Identity, namespace: str) -> Obj:
        if not namespace:
            raise errors.bad_request("no namespace on request")
        rules = list(self._rbac.rules(who, namespace))
        return {
            "resourceRules": [rule for rule in rules if "resources" in rule],
            "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
            "incomplete": False,
        }


def _trimmed(value: Any) -> Any:
    """Go leaves out empty strings."""
    if isinstance(value, dict):
        tree: Obj = value  # pyright: ignore[reportUnknownVariableType]
        return {name: inner for name, inner in tree.items() if inner != ""}
    return value
