"""A practice cluster with three nodes, a client, kubectl, and a way to let time pass: each test owns its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from yarl import URL

from stead.clocks import SteppedClock
from stead.practice.cluster import PracticeCluster

NODES = ("node-1", "node-2", "node-3")


@dataclass
class Stage:
    """A cluster and its clock."""

    cluster: PracticeCluster
    clock: SteppedClock

    async def wait(self, seconds: float) -> None:
        """Let cluster time pass, instant by instant, so that a watcher sees every state in between."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.cluster.settle()
        while (due := self.cluster.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            await self.cluster.settle()
        self.clock.advance_to(end)
        await self.cluster.settle()

    async def apply(self, *objects: Any, seconds: float = 0.0) -> None:
        self.cluster.apply(*objects)
        await self.wait(seconds)

    def pods(self, app: str = "", namespace: str = "payments") -> list[dict[str, Any]]:
        found = self.cluster.list("Pod", namespace)
        return [pod for pod in found if not app or pod["metadata"]["labels"].get("app") == app]

    def events(self, reason: str, namespace: str = "payments") -> list[dict[str, Any]]:
        return [event for event in self.cluster.list("Event", namespace) if event["reason"] == reason]


@dataclass
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class Client:
    """A plain HTTPS client with a user's token."""

    def __init__(self, cluster: PracticeCluster, user: str | None, session: aiohttp.ClientSession) -> None:
        self._cluster = cluster
        self.session = session
        self.token = cluster.token(user) if user else ""

    async def __call__(
        self, method: str, path: str, body: Any = None, *, kind: str = "application/json", accept: str = "application/json"
    ) -> Answer:
        headers = {"Accept": accept, "Content-Type": kind, "User-Agent": "tester/1.0"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, (bytes, str, type(None))) else msgspec.json.encode(body)
        url = URL(self._cluster.url + path, encoded=True)
        async with self.session.request(method, url, headers=headers, data=data) as answer:
            raw = await answer.read()
            one = "json" in answer.headers.get("Content-Type", "") and raw and b"\n{" not in raw
            told = msgspec.json.decode(raw) if one else raw.decode()
            return Answer(answer.status, told, dict(answer.headers))

    async def watch(self, path: str) -> AsyncIterator[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(URL(self._cluster.url + path, encoded=True), headers=headers) as answer:
            async for line in answer.content:
                yield msgspec.json.decode(line)


@pytest.fixture
async def stage(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Stage]:
    cluster = PracticeCluster(clock, orphan_gc=False)
    await cluster.start(tmp_path / "cluster")
    for name in NODES:
        cluster.add_node(name)
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}})
    stage = Stage(cluster, clock)
    await stage.wait(0)
    yield stage
    await cluster.stop()
    assert cluster.faults == []


@pytest.fixture
async def session(stage: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=stage.cluster.ca_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        yield session


@pytest.fixture
def admin(stage: Stage, session: aiohttp.ClientSession) -> Client:
    return Client(stage.cluster, "admin", session)


@pytest.fixture
def client_of(stage: Stage, session: aiohttp.ClientSession) -> Any:
    """A client with another user's token, or with none."""
    return lambda user: Client(stage.cluster, user, session)


class Kubectl:
    """The real program, with a home of its own."""

    def __init__(self, program: str, home: Path, config: Path) -> None:
        self._program = program
        self._env = {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": str(config)}

    async def __call__(self, *words: str, stdin: str = "", code: int | None = 0) -> str:
        """What it prints, both streams; its exit code must be `code` (None: whatever it is)."""
        process = await asyncio.create_subprocess_exec(
            self._program,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._env,
        )
        out, _ = await process.communicate(stdin.encode())
        text = out.decode()
        assert code is None or process.returncode == code, f"kubectl {' '.join(words)} exited with {process.returncode}:\n{text}"
        return text

    async def table(self, *words: str) -> list[dict[str, str]]:
        """The printed table, a dict for each line, cut where the headings stand."""
        lines = (await self(*words)).rstrip().splitlines()
        heads = lines[0].split()
        starts = [lines[0].index(head) for head in heads]
        ends = [*starts[1:], None]
        return [{h: line[s:e].strip() for h, s, e in zip(heads, starts, ends, strict=True)} for line in lines[1:]]


@pytest.fixture
def kubectl(stage: Stage, tmp_path: Path) -> Kubectl:
    program = shutil.which("kubectl")
    assert program, "these tests need kubectl on the PATH"
    home = tmp_path / "home"
    home.mkdir()
    return Kubectl(program, home, stage.cluster.kubeconfig())


def deployment(
    name: str = "api", *, image: str = "registry.example.com/api:1", replicas: int = 3, namespace: str = "payments", **spec: Any
) -> dict[str, Any]:
    """A Deployment; `spec` holds parts of the container (`env`, `resources`) or of the deployment itself (`strategy`)."""
    outer = {k: spec.pop(k) for k in ("strategy", "progressDeadlineSeconds", "minReadySeconds", "revisionHistoryLimit") if k in spec}
    inner = {
        k: spec.pop(k) for k in ("nodeSelector", "volumes", "tolerations", "terminationGracePeriodSeconds", "initContainers") if k in spec
    }
    container = {"name": name, "image": image, **spec}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **inner}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template, **outer},
    }


@pytest.fixture
def make_deployment() -> Any:
    return deployment


def pod(name: str = "one", *, image: str = "registry.example.com/api:1", namespace: str = "payments", **spec: Any) -> dict[str, Any]:
    inner = {k: spec.pop(k) for k in ("env", "envFrom", "resources", "readinessProbe", "livenessProbe", "volumeMounts") if k in spec}
    container = {"name": "main", "image": image, **inner}
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container], **spec}}


@pytest.fixture
def make_pod() -> Any:
    return pod


@pytest.fixture
def make_daemon_set() -> Any:
    def made(name: str = "agent", **container: Any) -> dict[str, Any]:
        only = {"name": name, "image": "registry.example.com/agent:1", **container}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [only]}}
        spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
        return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "payments"}, "spec": spec}

    return made


def status_of(found: dict[str, Any]) -> dict[str, Any]:
    """The status of a pod's only container."""
    return found["status"]["containerStatuses"][0]


@pytest.fixture
def container_status() -> Any:
    return status_of
