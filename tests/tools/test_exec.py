"""Diagnostics in a container: what is listed runs, whatever else is asked for does not, and a server that cannot says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.testing.bare_cluster import BareCluster
from stead.tools.exec import ExecSettings, exec_

FAILED = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "2"}]}}

POD = {"containers": [{"name": "api", "image": "api:1"}]}


class Kubelet:
    """The exec subresource at the wire, as the API server passes it through: one channel byte, then what is said on it."""

    def __init__(self) -> None:
        self.ran: list[list[str]] = []
        self.refuses = 0

    async def exec(self, request: web.Request) -> web.StreamResponse:
        if self.refuses:
            return web.Response(status=self.refuses)
        argv = request.query.getall("command")
        self.ran.append(argv)
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io", "v4.channel.k8s.io"))
        await socket.prepare(request)
        for channel in (1, 2, 3):
            await socket.send_bytes(bytes([channel]))  # the real one opens each channel with an empty message
        await socket.send_bytes(b"\x01root:x password=hunter2secret\n")
        await socket.send_bytes(b"\x01second line\n")
        if argv[0] == "ls":
            await socket.send_bytes(b"\x02ls: no such file\n")
        await socket.send_bytes(b"\x03" + json.dumps(FAILED if argv[0] == "ls" else {"status": "Success"}).encode())
        await socket.close()
        return socket

    async def pods(self, _: web.Request) -> web.Response:
        return web.json_response({"kind": "PodList", "items": [{"metadata": {"name": "api-7c9f", "namespace": "payments"}}]})


@pytest.fixture
async def kubelet() -> AsyncIterator[tuple[Kubelet, str]]:
    made = Kubelet()
    app = web.Application()
    app.router.add_get("/api/v1/namespaces/payments/pods", made.pods)
    app.router.add_get("/api/v1/namespaces/payments/pods/api-7c9f/exec", made.exec)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def kubeconfig(folder: Path, server: str) -> str:
    file = folder / "kubeconfig"
    cluster, context = {"name": "c", "cluster": {"server": server}}, {"name": "c", "context": {"cluster": "c", "user": "u"}}
    file.write_text(
        json.dumps({"clusters": [cluster], "contexts": [context], "users": [{"name": "u", "user": {}}], "current-context": "c"})
    )
    return str(file)


def tools(tmp_path: Path, clock: SteppedClock, **keys: Any) -> Toolset:
    return exec_.open(ExecSettings(**keys), clock, tmp_path)


async def look(estate: KubernetesEstate, toolset: Toolset, **arguments: Any) -> Seen:
    call = ToolCall(id="c", tool="k8s_exec", arguments=json.dumps({"namespace": "payments", "pod": "api", **arguments}))
    return await Toolbox.of(estate, [toolset], redact, "n", 12_000).look(call, "E1", {})


@pytest.fixture
async def estate(kubelet: tuple[Kubelet, str], tmp_path: Path, clock: SteppedClock) -> AsyncIterator[KubernetesEstate]:
    made = KubernetesEstate("home", connect(clock, kubeconfig=kubeconfig(tmp_path, kubelet[1]), environ={}), (), clock)
    yield made
    await made.close()


async def test_a_listed_command_runs_word_by_word(
    kubelet: tuple[Kubelet, str], estate: KubernetesEstate, tmp_path: Path, clock: SteppedClock
) -> None:
    seen = await look(estate, tools(tmp_path, clock), command="nslookup api.payments.svc")
    assert kubelet[0].ran == [["nslookup", "api.payments.svc"]]
    assert "second line" in seen.text and "hunter2secret" not in seen.text
    assert seen.tainted and seen.command == "kubectl exec -n payments api-7c9f -- nslookup api.payments.svc"


async def test_how_it_failed_is_told(estate: KubernetesEstate, tmp_path: Path, clock: SteppedClock) -> None:
    seen = await look(estate, tools(tmp_path, clock), command="ls -la '/a b'")
    assert seen.text.endswith("ls: no such file\nexit code 2") and not seen.failed


@pytest.mark.parametrize(
    "command", ["rm -rf /", "df -h; rm x", "df -h x", "nslookup -x", "nslookup", "sh -c df", "cat /run/secrets/token", "df '-h", ""]
)
async def test_what_is_not_listed_does_not_run(
    kubelet: tuple[Kubelet, str], estate: KubernetesEstate, tmp_path: Path, clock: SteppedClock, command: str
) -> None:
    seen = await look(estate, tools(tmp_path, clock), command=command)
    assert seen.failed and kubelet[0].ran == []


@pytest.mark.parametrize("command", ["sh", "/bin/bash -c *", "env", "python3 *", "", "* -h", "busybox *", "df '-h"])
def test_what_could_run_anything_cannot_be_listed(command: str) -> None:
    with pytest.raises(ValidationError):
        ExecSettings(commands=(command,))


async def test_a_missing_right_names_its_role(
    kubelet: tuple[Kubelet, str], estate: KubernetesEstate, tmp_path: Path, clock: SteppedClock
) -> None:
    kubelet[0].refuses = 403
    seen = await look(estate, tools(tmp_path, clock), command="df -h")
    assert seen.failed and "403" in seen.text and "deploy/kubernetes/exec.yaml" in seen.text


async def test_where_the_server_cannot_it_says_so(tmp_path: Path, clock: SteppedClock) -> None:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(BareCluster(tmp_path, clock))
        cluster.put({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": "payments"}, "spec": POD})
        seen = await look(cluster.estate(), tools(tmp_path, clock), command="df -h")
    assert seen.failed and seen.text == "error: commands in containers cannot be run here: the server does not offer it"


async def test_the_wire_is_one_that_the_official_client_understands(kubelet: tuple[Kubelet, str], tmp_path: Path) -> None:
    from kubernetes import client, config
    from kubernetes.stream import stream

    def ask() -> str:
        with config.new_client_from_config(kubeconfig(tmp_path, kubelet[1])) as opened:
            api = client.CoreV1Api(opened)
            answer = stream(
                api.connect_get_namespaced_pod_exec, "api-7c9f", "payments", command=["df"], stdout=True, _preload_content=False
            )
            answer.run_forever(timeout=10)
            said = answer.read_all()
            answer.sock.shutdown()  # it closes nothing by itself when the server was first
            return said

    assert "second line" in await asyncio.to_thread(ask)
