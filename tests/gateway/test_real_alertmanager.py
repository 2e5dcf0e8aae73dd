"""A real Alertmanager sends to the real gateway: it fires, groups, sends again, resolves, silences; and it is one incident, one message."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.engine.conftest import OnCall
from tests.engine.conftest import on_call as on_call

from stead.gateway.server import Gateway

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TOKEN = "correct-horse-battery-staple"
HOOKED = {"server": {"bind": "127.0.0.1:0"}, "hooks": [{"kind": "alertmanager", "bearer": "env:HOOK_SECRET", "forget_after": "10m"}]}

CONFIGURATION = """\
route:
  receiver: stead
  group_by: [namespace]
  group_wait: 200ms
  group_interval: 500ms
  repeat_interval: 1s
receivers:
- name: stead
  webhook_configs:
  - url: {url}/hooks/alertmanager
    send_resolved: true
    http_config: {{authorization: {{credentials: {token}}}}}
"""


@dataclass
class Alertmanager:
    """The running program, spoken to by its API version 2."""

    url: str
    http: aiohttp.ClientSession
    on_call: OnCall

    async def says(self, *names: str, over: bool = False) -> None:
        """These alerts fire on one Deployment, or have ended."""
        now = datetime.now(UTC)
        times = {"startsAt": (now - timedelta(minutes=5)).isoformat(), "endsAt": (now + (-SECOND if over else DAY)).isoformat()}
        alerts = [
            {"labels": {"alertname": name, "namespace": "payments", "deployment": "api", "severity": "critical"}, **times} for name in names
        ]
        await self._post("alerts", alerts)

    async def silences(self, name: str) -> None:
        now = datetime.now(UTC)
        matcher = {"name": "alertname", "value": name, "isRegex": False}
        times = {"startsAt": now.isoformat(), "endsAt": (now + DAY).isoformat()}
        await self._post("silences", {"matchers": [matcher], **times, "createdBy": "me", "comment": "known"})

    async def sent(self, what: str = "") -> int:
        """How many requests it has sent to Stead, or how many `failed_` of them."""
        async with self.http.get(f"{self.url}/metrics") as answer:
            text = await answer.text()
        found = re.findall(rf'^alertmanager_notifications_{what}total{{integration="webhook"}} (\d+)', text, re.MULTILINE)
        return int(found[0])

    async def until(self, come_true: Callable[[], Awaitable[bool]]) -> None:
        """Let Stead's time go on, with what Alertmanager sends meanwhile, until it is so."""
        async with asyncio.timeout(60):
            while not await come_true():
                await self.on_call.passes(SECOND)

    async def _post(self, what: str, body: Any) -> None:
        async with self.http.post(f"{self.url}/api/v2/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(autouse=True)
def _secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOOK_SECRET", TOKEN)


@pytest.fixture
async def alertmanager(on_call: OnCall, tmp_path: Path) -> AsyncIterator[Alertmanager]:
    gateway = Gateway(on_call.stead)
    await gateway.start()
    (tmp_path / "alertmanager.yml").write_text(CONFIGURATION.format(url=gateway.url, token=TOKEN))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    log = (tmp_path / "alertmanager.log").open("w")
    process = await asyncio.create_subprocess_exec(
        "prometheus-alertmanager",
        f"--config.file={tmp_path / 'alertmanager.yml'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        stdout=log,
        stderr=log,
    )
    log.close()
    try:
        async with aiohttp.ClientSession() as http:
            made = Alertmanager(f"http://{address}", http, on_call)
            await made.until(lambda: _answers(http, made.url))
            yield made
    finally:
        process.terminate()
        await process.wait()
        await gateway.stop()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.parametrize("on_call", [HOOKED], indirect=True)
async def test_it_fires_groups_sends_again_and_resolves(on_call: OnCall, alertmanager: Alertmanager) -> None:
    await alertmanager.says("ReplicasMissing", "ErrorsHigh")

    async def is_told() -> bool:
        return bool(on_call.chat.told)

    await alertmanager.until(is_told)
    before = await alertmanager.sent()

    async def was_sent_again() -> bool:
        return await alertmanager.sent() >= before + 3

    await alertmanager.until(was_sent_again)
    assert [row["state"] for row in await on_call.stead.incidents()] == ["open"], "two alerts of one owner, sent again and again"
    checks = {finding["check"] for finding in (await on_call.incident())["findings"]}
    assert checks == {"alertmanager/ReplicasMissing", "alertmanager/ErrorsHigh"}

    await alertmanager.says("ReplicasMissing", "ErrorsHigh", over=True)

    async def is_over() -> bool:
        return on_call.chat.last.resolved

    await alertmanager.until(is_over)
    assert len(on_call.chat.messages) == 1, "one message, edited to resolved"
    assert list((await on_call.incidents()).values()) == ["resolved"]
    assert await alertmanager.sent("failed_") == 0


@pytest.mark.parametrize("on_call", [HOOKED], indirect=True)
async def test_what_it_silences_is_over_after_its_time(on_call: OnCall, alertmanager: Alertmanager) -> None:
    await alertmanager.says("ReplicasMissing")

    async def is_told() -> bool:
        return bool(on_call.chat.told)

    await alertmanager.until(is_told)
    await alertmanager.silences("ReplicasMissing")
    await alertmanager.says("ReplicasMissing", over=True)
    await on_call.passes(8 * MINUTE)
    assert (await on_call.incident())["state"] == "open", "Alertmanager says nothing of what it silences"
    await on_call.passes(4 * MINUTE)
    assert (await on_call.incident())["state"] == "resolved"
    assert len(on_call.chat.messages) == 1, "one message, edited to resolved"
    assert on_call.chat.last.resolved
