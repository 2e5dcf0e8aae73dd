"""Which ConfigMaps and keys a container or a pod asks for, and which of them are surely not there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from stead.domain.evidence import Evidence
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import ConfigMap, ConfigMapVolume, Container, KeyRef, PodSpec
from stead.estate.kubernetes.view import View

_KEYS = "{{range $key, $value := .data}}{{$key}} {{end}}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A ConfigMap, or one `key` of it, that is asked for and is not there. `asker` says who asks ("env `MODE`")."""

    config_map: str
    key: str
    asker: str
    optional: bool

    @property
    def reason(self) -> str:
        return "ConfigKeyMissing" if self.key else "ConfigMapMissing"

    def what(self, namespace: str) -> str:
        if self.key:
            return f"key `{self.key}` is missing in ConfigMap {namespace}/{self.config_map}"
        return f"ConfigMap {namespace}/{self.config_map} does not exist"

    def subject(self, namespace: str, view: View) -> Subject:
        return view.named(ConfigMap, namespace, self.config_map)

    def seen(self, namespace: str, view: View) -> Evidence:
        """The keys that the ConfigMap has; never their values."""
        there = view.get(ConfigMap, namespace, self.config_map)
        keys = "no such ConfigMap" if there is None else f"keys: {', '.join(sorted(there.keys)[:20]) or '(none)'}"
        shown = shlex.join(["kubectl", "-n", namespace, "get", "configmap", self.config_map, "-o", f"go-template={_KEYS}"])
        return Evidence(what=f"{self.asker} asks for it; ConfigMap {namespace}/{self.config_map}", value=keys, command=shown)


def absent_for(container: Container, namespace: str, view: View) -> Iterator[Absent]:
    """What the container's environment asks for and lacks, optional or not, in the order of the manifest."""
    for variable in container.env:
        source = variable.value_from
        if source is not None and source.config_map_key_ref is not None:
            yield from _lacks(source.config_map_key_ref, f"env `{variable.name}`", namespace, view)
    for source in container.env_from:
        if source.config_map_ref is not None:
            yield from _lacks(source.config_map_ref, "envFrom", namespace, view)


def absent_volumes(spec: PodSpec, namespace: str, view: View) -> Iterator[Absent]:
    """What the pod's volumes need and lack: the kubelet starts no container without it."""
    for volume in spec.volumes:
        mounted = [volume.config_map] if volume.config_map is not None else []
        if volume.projected is not None:
            mounted += [source.config_map for source in volume.projected.sources if source.config_map is not None]
        for source in mounted:
            yield from _volume_lacks(source, f"volume `{volume.name}`", namespace, view)


def _volume_lacks(source: ConfigMapVolume, asker: str, namespace: str, view: View) -> Iterator[Absent]:
    if source.optional:
        return
    for key in [item.key for item in source.items] or [""]:
        yield from _lacks(KeyRef(name=source.name, key=key), asker, namespace, view)


def _lacks(ref: KeyRef, asker: str, namespace: str, view: View) -> Iterator[Absent]:
    if not ref.name or not view.knows(ConfigMap):
        return
    there = view.get(ConfigMap, namespace, ref.name)
    if there is None:
        yield Absent(ref.name, "", asker, ref.optional)
    elif ref.key and ref.key not in there.keys:
        yield Absent(ref.name, ref.key, asker, ref.optional)
