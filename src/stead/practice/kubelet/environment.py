"""What a container is given: environment variables and mounted configuration; and the real complaint when it is missing.

Source: `pkg/kubelet/kubelet_pods.go` (makeEnvironmentVariables), `pkg/volume/{configmap,secret}`.
"""

from __future__ import annotations

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
    return inside(obj, "data")


def _field(pod: Obj, path: str) -> str:
    value = at_path(pod, path)
    return "" if value is None else str(value)


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
