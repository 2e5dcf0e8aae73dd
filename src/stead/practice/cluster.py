"""`PracticeCluster`: start one, put objects in, break it, look at it.

Promise: what this class does goes through the same code as a request over HTTPS. `apply` and `delete` return when the API
has answered; the controllers act when the engine runs (`settle`, or by itself while the event loop turns).
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from stead.domain.errors import UserError
from stead.practice import bootstrap, snapshot
from stead.practice.api import bodies, certificates, crds, versions
from stead.practice.api.deletion import DeleteOptions, Deletes
from stead.practice.api.handlers import Handlers
from stead.practice.api.rbac import Rbac
from stead.practice.api.resources import Resource
from stead.practice.api.reviews import Reviews
from stead.practice.api.server import ApiServer, Audited
from stead.practice.api.users import Users
from stead.practice.api.writes import By, Change, Writes
from stead.practice.controllers.account_tokens import AccountTokens
from stead.practice.controllers.base import Hands
from stead.practice.controllers.everyone import everyone
from stead.practice.engine import Clock
from stead.practice.images import Image
from stead.practice.kubelet.heartbeat import Heartbeats
from stead.practice.kubelet.kubelet import Kubelets
from stead.practice.objects import Key, Obj, clone, key_of
from stead.practice.world import make_world

_ADMIN = By("practice", "admin")


class PracticeCluster:
    """A simulated Kubernetes in this process. `clock` is any of `stead.clocks`; the same seed gives the same uids and names."""

    def __init__(self, clock: Clock, seed: int = 1, *, orphan_gc: bool = True) -> None:
        self._world = make_world(clock, seed, orphan_gc)
        self._users = Users()
        self._writes = Writes(self._world)
        self._deletes = Deletes(self._world)
        rbac = Rbac(self._world.store)
        self._kubelets = Kubelets(hands := Hands(self._world, self._writes, self._deletes))
        handlers = Handlers(self._world, self._writes, self._deletes, Reviews(self._world, rbac), self._kubelets.log)
        self._server = ApiServer(self._world, self._users, rbac, handlers)
        self._engine_task: asyncio.Task[None] | None = None
        self._folder: Path | None = None
        self.ca_file = Path()
        crds.serve_definitions(self._world)
        self._heartbeats = Heartbeats(hands)
        self._controllers = (*everyone(hands), self._heartbeats, self._kubelets)
        # Apart from the others: it holds the users' tokens, which no snapshot may hold.
        tokens = AccountTokens(hands, self._users, lambda: self.ca_file.read_bytes() if self.ca_file.is_file() else b"")
        for controller in (*self._controllers, tokens):
            controller.start()
        bootstrap.furnish(self._world, self._writes)

    def snapshot(self, path: Path | str) -> None:
        """Keep the cluster in a file, as it is at this moment. Raises UserError when it cannot be written."""
        snapshot.write(Path(path), self._world, self._users, (*self._controllers, self._world.events))

    @classmethod
    def restore(cls, path: Path | str, clock: Clock) -> Self:
        """The cluster of a snapshot; start it, and it goes on as the original would. Time that `clock` is ahead passes at once.

        Raises UserError for a file that is no snapshot, and for a clock that is behind it (`snapshot_time` tells the earliest).
        """
        tree = snapshot.read(Path(path))
        if clock.now() < snapshot.time_of(tree):
            why = f"the snapshot {path} was taken at {tree['now']}, and the clock says {clock.now().isoformat()}"
            raise UserError(why, hint="a cluster's time does not go back: restore it with a clock that begins there, or later")
        cluster = cls(clock, tree["seed"], orphan_gc=tree["orphan_gc"])
        snapshot.restore(Path(path), tree, cluster._world, cluster._users, (*cluster._controllers, cluster._world.events))
        return cluster

    @staticmethod
    def snapshot_time(path: Path | str) -> datetime:
        """The cluster's time in a snapshot. Raises UserError for a file that is none."""
        return snapshot.time_of(snapshot.read(Path(path)))

    async def start(self, folder: Path | str, port: int = 0, *, controllers: bool = True) -> None:
        """Listen on 127.0.0.1 (a free port for 0) with a fresh CA in `folder`, and let the controllers run.

        Without `controllers` nothing answers to what is written, but for what `settle` does: a status stays as it was written.
        """
        self._folder = Path(folder)
        self.ca_file, tls = certificates.make(self._folder)
        await self._server.start(port, tls)
        if controllers:
            self._engine_task = asyncio.create_task(self._world.engine.serve(), name="practice-engine")

    async def stop(self) -> None:
        """Close every connection and end every task."""
        await self._server.stop()
        if self._engine_task is not None:
            self._engine_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._engine_task
            self._engine_task = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.port}"

    def user(self, name: str, rules: Sequence[Mapping[str, Any]] = (), *, namespace: str = "", groups: Sequence[str] = ()) -> str:
        """Make a user who may do what `rules` (as in a ClusterRole) say, in one namespace or in all; the result is its token."""
        token = self._users.add(name, *groups)
        if rules:
            self.apply(*bootstrap.role_for(name, [dict(rule) for rule in rules], namespace))
        return token

    def token(self, user: str = "admin") -> str:
        return self._users.token(user)

    def expire_token(self, user: str) -> str:
        """From now on the user's token is refused with 401; the result is the new one."""
        return self._users.replace_token(user)

    def kubeconfig(self, user: str = "admin", path: Path | str | None = None) -> Path:
        """Write a kubeconfig for the user, readable by its owner only, with the one context `practice`."""
        if self._folder is None:
            raise RuntimeError("start the cluster first: a kubeconfig names its address")
        target = Path(path) if path else self._folder / f"{user.replace(':', '_')}.kubeconfig"
        text = msgspec.json.format(msgspec.json.encode(bootstrap.kubeconfig(self.url, self.ca_file, user, self.token(user))))
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
        return target

    def apply(self, *objects: Mapping[str, Any] | str) -> list[Obj]:
        """Create or replace objects (dicts, or YAML texts with any number of them), in order. A status is taken over, too."""
        return [self._apply_one(obj) for obj in _opened(objects)]

    def _apply_one(self, given: Obj) -> Obj:
        resource = self._world.registry.of_kind(given.get("apiVersion", ""), given.get("kind", ""))
        if resource is None:
            raise KeyError(f"no resource is served for {given.get('apiVersion')} {given.get('kind')}")
        obj = versions.stored(resource, clone(given))
        resource = versions.home(self._world.registry, resource)
        meta = obj.setdefault("metadata", {})
        namespace = meta.setdefault("namespace", "default") if resource.namespaced else ""
        key = (namespace, meta.get("name", ""))
        if self._world.store.get(resource.key, *key) is None:
            stored = self._writes.create(resource, obj, namespace, Change(_ADMIN))
        else:
            stored = self._writes.replace(resource, key, obj, Change(_ADMIN))
        status = given.get("status")
        if status and resource.has_status:
            key = (namespace, stored["metadata"]["name"])
            stored = self._writes.change(resource, key, lambda old: {**clone(old), "status": clone(status)}, Change(_ADMIN, "status"))
        return clone(stored)

    def edit(self, kind: str, namespace: str, name: str, change: Callable[[Obj], None], *, subresource: str = "") -> Obj:
        """Change an object in place as admin: `change` gets a copy to modify."""

        def changed(old: Obj) -> Obj:
            new = clone(old)
            change(new)
            return new

        resource = self._named(kind)
        return clone(self._writes.change(resource, self._key(resource, namespace, name), changed, Change(_ADMIN, subresource)))

    def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        resource = self._named(kind)
        found = self._world.store.get(resource.key, *self._key(resource, namespace, name))
        return clone(found) if found else None

    def list(self, kind: str, namespace: str | None = None) -> list[Obj]:
        return [clone(obj) for obj in self._world.store.list(self._named(kind).key, namespace or "")]

    def delete(self, kind: str, namespace: str, name: str, *, grace_seconds: int | None = None, propagation: str = "Background") -> None:
        resource = self._named(kind)
        self._deletes.delete(resource, self._key(resource, namespace, name), DeleteOptions(grace_seconds, propagation=propagation))

    def _named(self, kind: str) -> Resource:
        """By kind, plural, short name, or any of them with the group (`Certificate.cert-manager.io`)."""
        return self._world.registry.named(kind)

    def _key(self, resource: Resource, namespace: str, name: str) -> Key:
        return (namespace if resource.namespaced else "", name)

    def add_node(self, name: str, *, cpu: str = "4", memory: str = "8Gi", pods: str = "110", labels: Mapping[str, str] | None = None,
                 taints: Sequence[Mapping[str, str]] = ()) -> Obj:  # fmt: skip
        """A machine that joins: its kubelet registers it and keeps it Ready."""
        room = {"cpu": cpu, "ephemeral-storage": "102Gi", "memory": memory, "pods": pods}
        spec = {"taints": [dict(taint) for taint in taints]} if taints else {}
        meta = {"name": name, "labels": dict(labels or {})}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec}
        return self.apply({**node, "status": {"capacity": room, "allocatable": dict(room)}})[0]

    def fail_node(self, name: str) -> None:
        """Its kubelet stops: the lease ages, the node becomes NotReady, its pods are evicted in time but cannot be confirmed."""
        self._world.silent_kubelets.add(name)

    def restore_node(self, name: str) -> None:
        """Its kubelet is back: it reports, and carries out what was asked of it meanwhile."""
        self._world.silent_kubelets.discard(name)
        self._heartbeats.queue(("", name))
        for pod in self._world.indexes.pods_on(name):
            self._kubelets.queue(key_of(pod))

    def remove_node(self, name: str) -> None:
        """The machine is gone for good and so is its Node object: no kubelet will ever confirm anything of it."""
        self._kubelets.forget(name)
        self.delete("Node", "", name)

    def image(self, name: str, image: Image) -> None:
        """Say what containers of this image do, from their next start on."""
        self._world.images.describe(name, image)

    def compact(self) -> None:
        """Forget the history of changes: older watches and lists get 410."""
        self._world.store.compact()

    @property
    def requests(self) -> deque[Audited]:
        """The audit log: every request that was answered over HTTPS."""
        return self._server.requests

    @property
    def faults(self) -> list[str]:
        """Defects of the practice cluster that showed in this run; empty in every correct one."""
        return self._world.engine.faults

    @property
    def resource_version(self) -> int:
        return self._world.store.version

    def newest(self, api_version: str, kind: str) -> int:
        """The resource version of the last change to an object of this kind; 0 for a kind that is not served."""
        resource = self._world.registry.of_kind(api_version, kind)
        return 0 if resource is None else self._world.store.newest(resource.key)

    @property
    def quiescent(self) -> bool:
        return self._world.engine.quiescent

    async def settle(self) -> None:
        """Run the controllers until nothing is left to do at the clock's present."""
        await self._world.engine.settle()

    def next_due(self) -> datetime | None:
        return self._world.engine.next_due()


def _opened(objects: Sequence[Mapping[str, Any] | str]) -> list[Obj]:
    found: list[Obj] = []
    for obj in objects:
        found.extend(bodies.yaml_documents(obj) if isinstance(obj, str) else [dict(obj)])
    return found
