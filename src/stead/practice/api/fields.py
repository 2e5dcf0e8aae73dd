"""Fields that a kind does not have: refused, warned of or dropped as `fieldValidation` says.

Source: KEP-2885. Of custom resources every level is known, by their schema; of built-in ones the first: deeper unknown fields are kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from stead.practice.api import crds, errors
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj
from stead.practice.world import World

_ALWAYS = ("apiVersion", "kind", "metadata")
_USUAL = ("spec", "status")
_ROLES = "rbac.authorization.k8s.io"
_OWN: dict[str, tuple[str, ...]] = {
    "configmaps": ("data", "binaryData", "immutable"),
    "secrets": ("data", "stringData", "type", "immutable"),
    "serviceaccounts": ("secrets", "imagePullSecrets", "automountServiceAccountToken"),
    "endpoints": ("subsets",),
    "endpointslices.discovery.k8s.io": ("addressType", "endpoints", "ports"),
    "controllerrevisions.apps": ("data", "revision"),
    f"roles.{_ROLES}": ("rules",),
    f"clusterroles.{_ROLES}": ("rules", "aggregationRule"),
    f"rolebindings.{_ROLES}": ("subjects", "roleRef"),
    f"clusterrolebindings.{_ROLES}": ("subjects", "roleRef"),
    "storageclasses.storage.k8s.io": (
        "provisioner", "parameters", "reclaimPolicy", "mountOptions", "allowVolumeExpansion", "volumeBindingMode",
        "allowedTopologies",
    ),
    "priorityclasses.scheduling.k8s.io": ("value", "globalDefault", "description", "preemptionPolicy"),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": ("webhooks",),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": ("webhooks",),
}  # fmt: skip


def check(world: World, resource: Resource, obj: Obj, query: Mapping[str, str]) -> dict[str, str]:
    """Drop what the kind does not have; the headers to send along. Raises 400 when it was asked to be strict."""
    unknown = crds.unknown_fields(world, resource, obj) if resource.custom else _take_out(resource, obj)
    mode = query.get("fieldValidation", "Warn")
    if not unknown or mode == "Ignore":
        return {}
    said = ", ".join(f'unknown field "{name}"' for name in unknown)
    if mode == "Strict":
        why = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: strict decoding error: {said}'
        raise errors.bad_request(why)
    escaped = said.replace('"', '\\"')
    return {"Warning": f'299 - "{escaped}"'}


def _take_out(resource: Resource, obj: Obj) -> list[str]:
    if resource.key == "events":
        return []
    known = {*_ALWAYS, *_OWN.get(resource.key, _USUAL)}
    unknown = [name for name in obj if name not in known]
    for name in unknown:
        del obj[name]
    return unknown
