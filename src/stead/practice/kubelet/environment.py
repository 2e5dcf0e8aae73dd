"""What a container is given: environment variables and mounted configuration; and the real complaint when it is missing.

Source: `pkg/kubelet/kubelet_pods.go` (makeEnvironmentVariables), `pkg/volume/{configmap,secret}`.
"""

from __future__ import annotations

import base64
import binascii

from stead.practice.objects import Obj, at_path, each, inside
from stead.practice.store import Store


class ConfigError(Exception):
    """The container cannot be configured: CreateContainerConfigError, with this message."""


_KINDS = {"configMap": ("configmaps", "ConfigMap"), "secret": ("secrets", "Secret")}


def variables(store: Store, pod: Obj, container: Obj) -> dict[str, str]:
    """The environment. Raises ConfigError for what is missing and not optional; leaves out what is missing and optional."""
    namespace = pod["metadata"]["namespace"]
    found: dict[str, str] = {}
    for source in each(container, "envFrom"):
        for kind in _KINDS:
            if reference := source.get(f"{kind}Ref"):
                data = _data(store, namespace, kind, reference)
                found |= {source.get("prefix", "") + name: value for name, value in (data or {}).items()}
    for variable in each(container, "env"):
        value = _value(store, pod, variable)
        if value is not None:
            found[variable["name"]] = value
    return found


def files(store: Store, pod: Obj, container: Obj) -> list[str]:
    """The texts of the files that ConfigMaps and Secrets bring into the container."""
    mounted = {mount["name"] for mount in each(container, "volumeMounts")}
    namespace = pod["metadata"]["namespace"]
    found: list[str] = []
    for volume in each(pod["spec"], "volumes"):
        if volume["name"] not in mounted:
            continue
        sources = [volume, *each(volume, "projected", "sources")]
        for kind, field in (("configMap", "name"), ("secret", "secretName"), ("secret", "name")):
            for name in (inside(source, kind).get(field) for source in sources):
                obj = store.get(_KINDS[kind][0], namespace, name) if name else None
                found.extend(_texts(kind, inside(obj or {}, "data")).values())
    return found


def _texts(kind: str, data: dict[str, str]) -> dict[str, str]:
    return data if kind == "configMap" else {name: _decoded(value) for name, value in data.items()}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="replace")
    except binascii.Error:
        return value


def _value(store: Store, pod: Obj, variable: Obj) -> str | None:
    if "valueFrom" not in variable:
        return variable.get("value", "")
    origin: Obj = variable["valueFrom"] or {}
    for kind in _KINDS:
        if reference := origin.get(f"{kind}KeyRef"):
            return _key(store, pod["metadata"]["namespace"], kind, reference)
    if field := origin.get("fieldRef"):
        return _field(pod, field.get("fieldPath", ""))
    return ""


def _key(store: Store, namespace: str, kind: str, reference: Obj) -> str | None:
    data = _data(store, namespace, kind, reference)
    if data is None:
        return None
    if reference["key"] in data:
        return data[reference["key"]]
    if reference.get("optional"):
        return None
    raise ConfigError(f"couldn't find key {reference['key']} in {_KINDS[kind][1]} {namespace}/{reference['name']}")


def _data(store: Store, namespace: str, kind: str, reference: Obj) -> dict[str, str] | None:
    plural, shown = _KINDS[kind]
    obj = store.get(plural, namespace, reference.get("name", ""))
    if obj is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{shown.lower()} "{reference.get("name", "")}" not found')
    return _texts(kind, inside(obj, "data"))


def _field(pod: Obj, path: str) -> str:
    value = at_path(pod, path)
    return "" if value is None else str(value)


def attach_problem(store: Store, pod: Obj) -> str:
    """Why a volume that one node at a time may have cannot come to this node, or nothing."""
    namespace, node = pod["metadata"]["namespace"], pod["spec"]["nodeName"]
    for volume in each(pod["spec"], "volumes"):
        name: str = inside(volume, "persistentVolumeClaim").get("claimName", "")
        claim = store.get("persistentvolumeclaims", namespace, name)
        if claim is None or set(claim["spec"]["accessModes"]) & {"ReadWriteMany", "ReadOnlyMany"}:
            continue
        users = [other["metadata"]["name"] for other in store.list("pods", namespace) if _holds(other, name, node)]
        if users:
            used = f"Volume is already used by pod(s) {', '.join(users)}"
            return f'Multi-Attach error for volume "{claim["spec"].get("volumeName", "")}" {used}'
    return ""


def _holds(other: Obj, claim: str, node: str) -> bool:
    elsewhere = other["spec"].get("nodeName") not in (None, "", node)
    over = inside(other, "status").get("phase") in ("Succeeded", "Failed")
    names = [inside(volume, "persistentVolumeClaim").get("claimName") for volume in each(other["spec"], "volumes")]
    return elsewhere and not over and claim in names


def mount_problem(store: Store, pod: Obj) -> str:
    """Why a volume of the pod cannot be set up (the first one that cannot), or nothing."""
    namespace = pod["metadata"]["namespace"]
    for volume in each(pod["spec"], "volumes"):
        why = _volume_problem(store, namespace, volume)
        if why:
            return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {why}'
    return ""


def _volume_problem(store: Store, namespace: str, volume: Obj) -> str:
    if source := volume.get("configMap"):
        return _missing(store, namespace, "configMap", source.get("name", ""), source)
    if source := volume.get("secret"):
        return _missing(store, namespace, "secret", source.get("secretName", ""), source)
    for source in each(volume, "projected", "sources"):
        for kind in _KINDS:
            if part := source.get(kind):
                why = _missing(store, namespace, kind, part.get("name", ""), part)
                if why:
                    return why
    if claim := volume.get("persistentVolumeClaim"):
        name = claim["claimName"]
        if store.get("persistentvolumeclaims", namespace, name) is None:
            return f'error getting PVC "{namespace}/{name}": could not find v1.PersistentVolumeClaim "{namespace}/{name}"'
    return ""


def _missing(store: Store, namespace: str, kind: str, name: str, source: Obj) -> str:
    plural, shown = _KINDS[kind]
    obj = store.get(plural, namespace, name)
    if source.get("optional"):
        return ""
    if obj is None:
        return f'{shown.lower()} "{name}" not found'
    for item in each(source, "items"):
        if item["key"] not in inside(obj, "data") and item["key"] not in inside(obj, "binaryData"):
            return f"{'configmap' if kind == 'configMap' else 'secret'} references non-existent config key: {item['key']}"
    return ""
