"""A Kubernetes API server without controllers: what a test puts there is what is there. For authors of verbs and playbooks.

It speaks HTTPS on loopback with the practice cluster's own API: defaults, validation, patches, preconditions and RBAC are enforced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from stead.clocks import SteppedClock
from stead.declare import Check
from stead.domain.subject import Subject
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.practice.api import certificates
from stead.practice.api.crds import serve_definitions
from stead.practice.api.deletion import Deletes
from stead.practice.api.handlers import Handlers
from stead.practice.api.rbac import Rbac
from stead.practice.api.reviews import Reviews
from stead.practice.api.server import ApiServer, Audited
from stead.practice.api.users import Users
from stead.practice.api.writes import Writes
from stead.practice.objects import clone
from stead.practice.world import make_world

_BY_HAND = ("deletionTimestamp", "deletionGracePeriodSeconds", "generation", "uid")
"""Metadata that the API server sets itself, and a test wants to choose."""


def _no_logs(_pod: dict[str, Any], _container: str, _previous: bool) -> list[str] | None:
    return None


class BareCluster:
    """`async with BareCluster(folder, clock) as cluster:` listens. `requests` is its audit log."""

    def __init__(self, folder: Path, clock: SteppedClock) -> None:
        self._folder = folder
        self._clock = clock
        self._world = make_world(clock, seed=1, orphan_gc=False)
        serve_definitions(self._world)
        self._users = Users()
        self._writes = Writes(self._world)
        access = Rbac(self._world.store)
        handlers = Handlers(self._world, self._writes, Deletes(self._world), Reviews(self._world, access), _no_logs)
        self._server = ApiServer(self._world, self._users, access, handlers)
        self._opened = AsyncExitStack()
        self._authority = folder / "ca.crt"
        for namespace in ("default", "payments", "stead"):
            self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    async def __aenter__(self) -> BareCluster:
        self._authority, tls = certificates.make(self._folder)
        await self._server.start(0, tls)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._opened.aclose()
        await self._server.stop()

    @property
    def requests(self) -> list[Audited]:
        return list(self._server.requests)

    def put(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Create the object, or put this in its place: spec by the API's rules, status and the metadata of _BY_HAND as given."""
        obj = clone(dict(manifest))
        resource = self._world.registry.named(obj["kind"])
        metadata, status = obj["metadata"], obj.pop("status", None)
        given = {key: metadata.pop(key) for key in _BY_HAND if key in metadata}
        key = (metadata.get("namespace", ""), metadata["name"])
        if self._world.store.get(resource.key, *key) is not None:
            self._world.store.remove(resource.key, key)
        self._writes.create(resource, obj, key[0])

        def complete(stored: dict[str, Any]) -> None:
            stored["metadata"].update(given)
            if status is not None:
                stored["status"] = status

        self._world.edit(resource.key, key, complete)
        return self.get(obj["kind"], key[1], key[0]) or {}

    def get(self, kind: str, name: str, namespace: str = "payments") -> dict[str, Any] | None:
        """What the cluster holds, None when it is gone."""
        found = self._world.store.get(self._world.registry.named(kind).key, namespace, name)
        return None if found is None else clone(found)

    def change(self, kind: str, name: str, edit: Callable[[dict[str, Any]], object], namespace: str = "payments") -> None:
        """Change what is stored, as no request could: past times, a status."""
        self._world.edit(self._world.registry.named(kind).key, (namespace, name), lambda live: (edit(live), None)[1])

    def remove(self, kind: str, name: str, namespace: str = "payments") -> None:
        """Take the object out, as if it had never been."""
        self._world.store.remove(self._world.registry.named(kind).key, (namespace, name))

    def subject(self, kind: str, name: str, namespace: str = "payments") -> Subject:
        """The Subject of an object that is there."""
        found = self.get(kind, name, namespace) or {}
        uid = found.get("metadata", {}).get("uid", "")
        return Subject(estate="practice", api_version=found["apiVersion"], kind=kind, namespace=namespace, name=name, uid=uid)

    def estate(self, *, reader: str = "admin", writer: str = "admin", checks: Iterable[Check] = ()) -> KubernetesEstate:
        """An Estate on this cluster, closed with it. Users other than `admin` may do what roles in the cluster say."""
        estate = KubernetesEstate("practice", self._connect(reader), checks, self._clock, write_connection=self._connect(writer))
        self._opened.push_async_callback(estate.close)
        return estate

    def _connect(self, user: str) -> Any:
        cluster = {"server": f"https://127.0.0.1:{self._server.port}", "certificate-authority": str(self._authority)}
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "practice",
            "clusters": [{"name": "practice", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self._users.add(user)}}],
            "contexts": [{"name": "practice", "context": {"cluster": "practice", "user": user}}],
        }
        file = self._folder / f"{user.replace(':', '-')}.kubeconfig"
        file.write_text(json.dumps(kubeconfig))
        file.chmod(0o600)
        return connect(self._clock, kubeconfig=str(file), environ={})
