"""`kubectl top` and `kubectl logs`, through kubectl and the API: what runs, what it uses, what it writes."""

from __future__ import annotations

import asyncio
import gzip
import ssl

import aiohttp
import msgspec
from yarl import URL

from stead.practice.images import Image

METRICS = "/apis/metrics.k8s.io/v1beta1"
IMAGE = "registry.example.com/api:1"


async def test_top_shows_what_pods_and_nodes_use(stage, kubectl, make_deployment):
    stage.cluster.image(IMAGE, Image(memory_bytes=200 * 2**20, cpu_millis=40))
    await stage.apply(make_deployment(replicas=2), seconds=30)
    pods = await kubectl.table("top", "pods", "-n", "payments")
    assert [(line["CPU(cores)"], line["MEMORY(bytes)"]) for line in pods] == [("40m", "200Mi")] * 2
    by_container = await kubectl.table("top", "pods", "-n", "payments", "--containers")
    assert {line["NAME"] for line in by_container} == {"api"}
    used = {pod["spec"]["nodeName"] for pod in stage.pods("api")}
    nodes = await kubectl.table("top", "nodes")
    assert [line["CPU(cores)"] for line in nodes] == ["160m" if line["NAME"] in used else "120m" for line in nodes]
    assert {line.get("CPU(%)", line.get("CPU%")) for line in nodes} == {"4%", "3%"}


async def test_figures_need_two_scrapes_and_a_node_that_answers(stage, admin, make_deployment):
    await stage.apply(make_deployment(replicas=3), seconds=10)
    assert (await admin("GET", f"{METRICS}/namespaces/payments/pods")).body["items"] == []
    name = stage.pods("api")[0]["metadata"]["name"]
    young = await admin("GET", f"{METRICS}/namespaces/payments/pods/{name}")
    assert (young.status, young.body["reason"]) == (404, "NotFound")
    await stage.wait(20)
    found = (await admin("GET", f"{METRICS}/namespaces/payments/pods?labelSelector=app%3Dapi")).body
    assert (found["kind"], len(found["items"])) == ("PodMetricsList", 3)
    assert found["items"][0]["containers"] == [{"name": "api", "usage": {"cpu": "3000000n", "memory": "24576Ki"}}]
    assert (await admin("GET", f"{METRICS}/pods?labelSelector=app%3Dother")).body["items"] == []
    stage.cluster.fail_node("node-2")
    assert [item["metadata"]["name"] for item in (await admin("GET", f"{METRICS}/nodes")).body["items"]] == ["node-1", "node-3"]
    assert len((await admin("GET", f"{METRICS}/pods")).body["items"]) == 2
    assert (await admin("DELETE", f"{METRICS}/nodes/node-1")).status == 405


async def test_logs_by_age_by_number_and_of_the_run_before(stage, kubectl, admin, make_pod):
    stage.cluster.image(IMAGE, Image(exit_code=3, exit_after=20, logs=["one", "two"], exit_logs=["fatal: out of luck"]))
    await stage.apply(make_pod(), seconds=21.5)
    log = ("logs", "one", "-n", "payments")
    assert await kubectl(*log) == "one\ntwo\nfatal: out of luck\n"
    assert await kubectl(*log, "--since=10s") == "fatal: out of luck\n"
    assert await kubectl(*log, "--tail=2") == "two\nfatal: out of luck\n"
    assert await kubectl(*log, "--tail=0") == ""
    assert await kubectl(*log, "--limit-bytes=5") == "one\nt"
    assert (await kubectl(*log, "--timestamps", "--tail=1")).startswith("2026-01-05T09:00:2")
    assert await kubectl(*log, "--since-time=2026-01-05T09:00:10Z") == "fatal: out of luck\n"
    await stage.wait(5)
    assert await kubectl(*log) == "one\ntwo\n"
    assert await kubectl(*log, "--previous") == "one\ntwo\nfatal: out of luck\n"
    path = "/api/v1/namespaces/payments/pods/one/log"
    for query in ("tailLines=x", "sinceSeconds=-1", "sinceTime=yesterday", "limitBytes=x"):
        assert (await admin("GET", f"{path}?{query}")).body["reason"] == "BadRequest", query


async def test_a_followed_log_goes_on_until_the_container_ends(stage, kubectl, make_pod):
    stage.cluster.image(IMAGE, Image(exit_code=3, exit_after=600, logs=["hello"], exit_logs=["bye"]))
    await stage.apply(make_pod(), seconds=5)
    following = asyncio.create_task(kubectl("logs", "-f", "one", "-n", "payments"))
    while not any(asked.path.endswith("/pods/one") for asked in stage.cluster.requests):
        await asyncio.sleep(0.02)
    for _ in range(10):  # it asks for the log right after the pod
        await asyncio.sleep(0.02)
    assert not following.done()
    await stage.wait(700)
    assert await following == "hello\nbye\n"


async def test_a_client_that_stops_following_leaves_nothing_behind(stage, session, admin, make_pod):
    await stage.apply(make_pod(), seconds=5)
    url = URL(f"{stage.cluster.url}/api/v1/namespaces/payments/pods/one/log?follow=true", encoded=True)
    async with session.get(url, headers={"Authorization": f"Bearer {admin.token}"}) as answer:
        assert await answer.content.readline() == b"starting, pid 1\n"
    async with session.get(url, headers={"Authorization": f"Bearer {admin.token}"}) as answer:
        await answer.content.readline()
        await stage.cluster.stop()
        with_rest = await answer.content.read()
    assert with_rest == b"listening on :8080\n"


async def test_large_answers_are_zipped_for_who_takes_it(stage, admin):
    many = {"k": "v" * 5000}
    for number in range(40):
        stage.cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"c-{number}", "namespace": "payments"},
                "data": many,
            }
        )
    url = URL(f"{stage.cluster.url}/api/v1/namespaces/payments/configmaps")
    headers = {"Authorization": f"Bearer {admin.token}"}
    context = ssl.create_default_context(cafile=stage.cluster.ca_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), auto_decompress=False) as session:
        async with session.get(url, headers={**headers, "Accept-Encoding": "gzip"}) as answer:
            zipped = await answer.read()
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
        async with session.get(url, headers={**headers, "Accept-Encoding": "identity"}) as answer:
            plain = await answer.read()
            assert "Content-Encoding" not in answer.headers
        async with session.get(url / "c-1", headers={**headers, "Accept-Encoding": "gzip"}) as answer:
            assert "Content-Encoding" not in answer.headers
    assert len(zipped) < len(plain) / 20
    assert gzip.decompress(zipped) == plain
    assert len(msgspec.json.decode(plain)["items"]) == 41
