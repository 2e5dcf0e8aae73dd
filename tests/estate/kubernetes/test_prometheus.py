"""Prometheus itself, from its Debian package: what it scrapes from a kubelet is what Stead says of a volume."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from stead.checks.metrics.volume_filling import volume_filling
from stead.clocks import SystemClock
from stead.domain.gauge import Measure
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.gauges.gauges import Gauges
from stead.estate.kubernetes.gauges.prometheus import QUERIES, Prometheus
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View
from stead.estate.promql import PrometheusTarget
from stead.testing.kinds import thing
from stead.testing.objects import pod

CONFIG = """
global: {scrape_interval: 100ms, scrape_timeout: 100ms}
scrape_configs: [{job_name: kubelet, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
"""
CLAIM = '{namespace="payments",persistentvolumeclaim="data-db-0"}'
SPARE = '{namespace="payments",persistentvolumeclaim="spare"}'
METRICS = f"""
# TYPE kubelet_volume_stats_used_bytes gauge
kubelet_volume_stats_used_bytes{CLAIM} 9.7e+09
kubelet_volume_stats_used_bytes{SPARE} 1e+09
# TYPE kubelet_volume_stats_capacity_bytes gauge
kubelet_volume_stats_capacity_bytes{CLAIM} 1e+10
kubelet_volume_stats_capacity_bytes{SPARE} 1e+10
# TYPE kubelet_volume_stats_inodes_used gauge
kubelet_volume_stats_inodes_used{CLAIM} 5
# TYPE kubelet_volume_stats_inodes gauge
kubelet_volume_stats_inodes{CLAIM} 1000
# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{{namespace="payments",pod="api-7c9f-x2x4z",container="app",id="/a"}} 97
container_memory_working_set_bytes{{namespace="payments",pod="api-7c9f-x2x4z",container="side",id="/b"}} 97
container_memory_working_set_bytes{{namespace="payments",pod="api-7c9f-x2x4z",container="",id="/"}} 194
# TYPE container_spec_memory_limit_bytes gauge
container_spec_memory_limit_bytes{{namespace="payments",pod="api-7c9f-x2x4z",container="app",id="/a"}} 100
container_spec_memory_limit_bytes{{namespace="payments",pod="api-7c9f-x2x4z",container="side",id="/b"}} 0
# TYPE node_memory_MemAvailable_bytes gauge
node_memory_MemAvailable_bytes 2.5e+08
# TYPE node_memory_MemTotal_bytes gauge
node_memory_MemTotal_bytes 1e+09
# TYPE node_uname_info gauge
node_uname_info{{nodename="node-3",sysname="Linux"}} 1
"""


@pytest.fixture
async def kubelet() -> AsyncIterator[int]:
    """A kubelet's metrics, as it exports them; the port."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=METRICS, content_type="text/plain")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def prometheus(kubelet: int, tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[str]:
    """A server that has scraped the kubelet; its address."""
    program = shutil.which("prometheus")
    assert program, "Debian's package prometheus is missing; `make test` installs it"
    config = tmp_path / "prometheus.yml"
    config.write_text(CONFIG % kubelet)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    argv = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{unused_tcp_port}"]
    process = await asyncio.create_subprocess_exec(program, *argv, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(60):
            while not await _has_scraped(url):
                assert process.returncode is None, "Prometheus has ended"
                await asyncio.sleep(0.1)
        yield url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _has_scraped(url: str) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{url}/api/v1/query", params={"query": "kubelet_volume_stats_inodes"}) as said,
        ):
            return said.status == 200 and bool((await said.json())["data"]["result"])
    except aiohttp.ClientError:
        return False


async def test_a_volume_that_prometheus_knows_to_be_full_is_a_fault(prometheus: str) -> None:
    clock = SystemClock()
    gauges = Gauges("home", [Prometheus(PrometheusTarget(url=prometheus), clock)], [volume_filling], clock)
    await gauges.look(View("home"))
    await gauges.close()
    assert [(f.subject.path, f.reason, f.summary) for f in gauges.current().values()] == [
        ("payments/data-db-0", "VolumeFull", "volume payments/data-db-0 has used 97 % of its space")
    ]
    (found,) = gauges.current().values()
    assert found.evidence[0].value == "9.0 GiB of 9.3 GiB"
    assert found.evidence[0].command.startswith(f"curl -sG {prometheus}/api/v1/query --data-urlencode")


async def test_containers_near_their_limit_and_nodes_are_read_by_what_exporters_call_them(prometheus: str) -> None:
    view, source = View("home"), Prometheus(PrometheusTarget(url=prometheus), SystemClock())
    view.put(convert_object(Pod, pod()))
    view.put(convert_object(Node, thing("Node", "node-3", {"namespace": ""})))
    read = await source.read(view)
    await source.close()
    assert {(one.measure, one.subject.name, one.container, one.samples[-1].value) for one in read if one.capacity == 1.0} == {
        (Measure.NODE_MEMORY, "node-3", "", 0.75),
        (Measure.CONTAINER_MEMORY, "api-7c9f-x2x4z", "app", 0.97),
    }


async def test_its_own_words_about_a_wrong_query_are_a_blindness(prometheus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUERIES, next(iter(QUERIES)), ("kubelet_volume_stats_used_bytes[", "x"))
    clock = SystemClock()
    gauges = Gauges("home", [Prometheus(PrometheusTarget(url=prometheus), clock)], [volume_filling], clock)
    await gauges.look(View("home"))
    await gauges.close()
    (blind,) = gauges.current().values()
    assert (blind.reason, "bad_data" in blind.summary) == ("Malformed", True)
