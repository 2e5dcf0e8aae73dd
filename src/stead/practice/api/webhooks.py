"""Admission webhooks as the practice cluster has them: nobody is called, but a webhook that nobody answers refuses as the real one does.

Promise: a webhook whose Service has a ready endpoint admits everything; one with `failurePolicy: Ignore` never refuses.
Source: `k8s.io/apiserver/pkg/admission/plugin/webhook`, `pkg/proxy/util` (the reasons).
"""

from __future__ import annotations

from stead.practice.api import errors
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, each, inside
from stead.practice.selectors import selects
from stead.practice.world import World

_GROUP = "admissionregistration.k8s.io"
_SLICES = "endpointslices.discovery.k8s.io"


def ask(world: World, resource: Resource, obj: Obj) -> None:
    """Let the webhooks see a creation. Raises ApiError 500 when one that must be heard cannot be reached."""
    if resource.group == _GROUP:
        return  # they do not see themselves, or nobody could ever repair one
    for kind in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        for configuration in world.store.list(f"{kind}.{_GROUP}"):
            for hook in each(configuration, "webhooks"):
                if hook.get("failurePolicy", "Fail") == "Fail" and _sees(world, hook, resource, obj):
                    _call(world, hook)


def _sees(world: World, hook: Obj, resource: Resource, obj: Obj) -> bool:
    if not any(_covers(rule, resource) for rule in each(hook, "rules")):
        return False
    namespace = world.store.get("namespaces", "", obj["metadata"].get("namespace", "")) or {"metadata": {}}
    labels = {"kubernetes.io/metadata.name": obj["metadata"].get("namespace", ""), **inside(namespace["metadata"], "labels")}
    return selects(hook.get("namespaceSelector") or {}, {"metadata": {"labels": labels}}) and selects(hook.get("objectSelector") or {}, obj)


def _covers(rule: Obj, resource: Resource) -> bool:
    asked = (("operations", "CREATE"), ("apiGroups", resource.group), ("resources", resource.plural))
    return all(value in each(rule, name) or "*" in each(rule, name) for name, value in asked)


def _call(world: World, hook: Obj) -> None:
    service = inside(hook, "clientConfig", "service")
    if not service:
        return
    why = _silent(world, service["namespace"], service["name"])
    if why:
        place = f"https://{service['name']}.{service['namespace']}.svc:{service.get('port', 443)}{service.get('path', '')}"
        said = f'failed to call webhook: Post "{place}?timeout={hook.get("timeoutSeconds", 10)}s": {why}'
        raise errors.ApiError(500, "InternalError", f'Internal error occurred: failed calling webhook "{hook["name"]}": {said}')


def _silent(world: World, namespace: str, name: str) -> str:
    if world.store.get("services", namespace, name) is None:
        return f'service "{name}" not found'
    for piece in world.store.list(_SLICES, namespace):
        mine = inside(piece, "metadata", "labels").get("kubernetes.io/service-name") == name
        if mine and any(endpoint["conditions"].get("ready") for endpoint in each(piece, "endpoints")):
            return ""
    return f'no endpoints available for service "{name}"'
