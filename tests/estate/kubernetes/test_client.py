"""What an API server's answers, and its silences, become."""

from __future__ import annotations

import asyncio
import inspect
from asyncio import sslproto
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.errors import BlindError, ConflictError, PermanentError, TemporaryError
from stead.estate.kubernetes.client import ApiClient, Timeouts
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.errors import AbsentError, ApiUnavailableError, ExpiredError

PODS = "/api/v1/pods"
QUICK = Timeouts(connect=2.0, answer=0.05, watch=0.05)


@pytest.fixture
async def client(wire: Any, clock: SteppedClock) -> AsyncIterator[ApiClient]:
    made = ApiClient(connect(clock, kubeconfig=wire.kubeconfig(), environ={}))
    yield made
    await made.close()


async def pods(client: ApiClient) -> bytes:
    return await client.get(PODS, what="list pods", command="kubectl get pods -A")


async def test_a_compressed_answer_is_read_and_counted_as_it_came(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.answer(b"x" * 100_000, zipped=True))
    assert await pods(client) == b"x" * 100_000
    assert client.requests == 1
    assert 0 < client.bytes < 2000
    assert wire.requests[0].headers["accept-encoding"] == "gzip"
    assert wire.requests[0].headers["user-agent"].startswith("stead/")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (401, "Unauthorized", "Unauthorized"),
        (403, "Forbidden", "Forbidden"),
        (302, "", "Malformed"),
    ],
)
async def test_a_refusal_is_blind_and_brings_the_line_to_paste(
    wire: Any, script: Any, client: ApiClient, code: int, reason: str, expected: str
) -> None:
    wire.on(PODS, script.refuse(code, reason, "who are you"))
    with pytest.raises(BlindError) as caught:
        await pods(client)
    assert caught.value.reason == expected
    assert caught.value.command == "kubectl get pods -A"
    assert wire.url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "family"),
    [(404, AbsentError), (409, ConflictError), (410, ExpiredError), (422, PermanentError), (429, TemporaryError), (503, TemporaryError)],
)
async def test_each_status_has_its_family(wire: Any, script: Any, client: ApiClient, code: int, family: type[Exception]) -> None:
    wire.on(PODS, script.refuse(code, "X"))
    with pytest.raises(family):
        await pods(client)


async def test_a_busy_server_says_when_to_come_back(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.refuse(429, "TooManyRequests", headers={"Retry-After": "7"}))
    with pytest.raises(TemporaryError) as caught:
        await pods(client)
    assert caught.value.retry_after == 7.0


async def test_a_cut_off_answer_is_no_answer(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.cut_off(b'{"items": ['))
    with pytest.raises(ApiUnavailableError, match="cut its answer off") as caught:
        await pods(client)
    assert caught.value.reason == "Malformed"
    assert not caught.value.whole


async def test_garbage_instead_of_http(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.raw(b"220 mail.example.com ESMTP\r\n\r\n"))
    with pytest.raises(ApiUnavailableError, match="no HTTP"):
        await pods(client)


async def test_a_server_that_says_nothing_is_slow_and_not_healthy(wire: Any, script: Any, clock: SteppedClock) -> None:
    wire.on(PODS, script.silent)
    client = ApiClient(connect(clock, kubeconfig=wire.kubeconfig(), environ={}), QUICK)
    with pytest.raises(ApiUnavailableError, match="too slow") as caught:
        await pods(client)
    assert caught.value.reason == "Timeout"
    await client.close()


async def test_nobody_listens(wire: Any, client: ApiClient) -> None:
    await wire.stop()
    with pytest.raises(ApiUnavailableError, match=r"cannot be reached: connection refused") as caught:
        await pods(client)
    assert caught.value.whole


async def test_broken_compression_is_malformed(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.answer(b"not gzip at all", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BlindError) as caught:
        await pods(client)
    assert caught.value.reason == "Malformed"


async def test_a_renewed_token_is_used_after_a_refusal_without_a_restart(wire: Any, script: Any, clock: SteppedClock) -> None:
    token = wire.folder / "token"
    token.write_text("old\n")
    wire.on(PODS, script.answer({}), script.refuse(401, "Unauthorized"), script.answer({"ok": True}))
    client = ApiClient(connect(clock, kubeconfig=wire.kubeconfig(user={"tokenFile": "token"}), environ={}))
    await pods(client)
    token.write_text("new\n")
    assert b"ok" in await pods(client)
    assert [r.headers["authorization"] for r in wire.requests] == ["Bearer old", "Bearer new", "Bearer new"]
    await client.close()


async def test_a_fixed_token_is_not_tried_twice(wire: Any, script: Any, clock: SteppedClock) -> None:
    wire.on(PODS, script.refuse(401, "Unauthorized"))
    client = ApiClient(connect(clock, kubeconfig=wire.kubeconfig(user={"token": "t"}), environ={}))
    with pytest.raises(BlindError):
        await pods(client)
    assert len(wire.requests) == 1
    await client.close()


async def test_writes_say_who_and_for_which_action(wire: Any, script: Any, client: ApiClient) -> None:
    path = "/api/v1/namespaces/payments/pods/api-1"
    wire.on(path, script.answer({}), method="PATCH")
    wire.on(path, script.answer({}), method="DELETE")
    await client.patch(path, {"a": 1}, content_type="application/merge-patch+json", what="patch", action="41.1.1.1")
    await client.delete(path, {"gracePeriodSeconds": 0}, what="delete", action="41.1.1.2")
    patch, delete = wire.requests
    assert patch.query == {"fieldManager": "stead"}
    assert patch.headers["user-agent"].endswith("(action 41.1.1.1)")
    assert patch.headers["content-type"] == "application/merge-patch+json"
    assert delete.headers["user-agent"].endswith("(action 41.1.1.2)")
    assert b'"gracePeriodSeconds":0' in delete.body


async def lines_of(client: ApiClient) -> list[bytes]:
    async with client.watch(PODS, {}, what="watch pods", command="kubectl get pods -A -w") as lines:
        return [line async for line in lines]


async def test_a_watch_is_split_into_lines_however_it_arrives(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.Stream(b'{"a"', b":1}\n\n", b'{"b":2}\n{"c":', b"3}\n", None), watch=True)
    assert await lines_of(client) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']
    assert wire.requests[0].query["watch"] == "true"
    assert wire.requests[0].headers["accept-encoding"] == "identity"


async def test_a_watch_that_breaks_off_is_said_so(wire: Any, script: Any, client: ApiClient) -> None:
    stream = script.Stream(b'{"a":1}\n')
    stream.cut()
    wire.on(PODS, stream, watch=True)
    with pytest.raises(ApiUnavailableError):
        await lines_of(client)


async def test_half_a_line_at_the_end_is_no_event(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.Stream(b'{"a":1}\n{"b"', None), watch=True)
    with pytest.raises(ApiUnavailableError, match="cut its answer off"):
        await lines_of(client)


async def test_a_watch_can_be_left_at_any_time(wire: Any, script: Any, client: ApiClient) -> None:
    wire.on(PODS, script.Stream(b'{"a":1}\n'), watch=True)
    with pytest.raises(asyncio.CancelledError):
        async with client.watch(PODS, {}, what="watch pods", command="") as lines:
            assert await anext(lines) == b'{"a":1}'
            raise asyncio.CancelledError


def test_a_connection_sets_little_aside() -> None:
    """A watch of forty kinds is forty TLS connections; what asyncio keeps for each is held to be as small as it was asked to be."""
    assert sslproto.SSLProtocol.max_size == 64 * 1024
    assert "bytearray(self.max_size)" in inspect.getsource(sslproto.SSLProtocol.__init__)
