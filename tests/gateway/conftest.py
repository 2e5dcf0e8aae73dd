"""A whole Stead with its gateway on loopback, and a door that can be left open: a visitor's check, verb and playbook in a folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stead.app.config import settings_of
from stead.app.discover import shelves
from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.gateway.server import Gateway
from stead.practice.model_server import Answer, model_server
from stead.store import tokens
from stead.store.migrations import migrate
from stead.store.tokens import Scope

VISITOR = '''
from datetime import timedelta

from stead.declare import Applied, Verb, host_check, playbook
from stead.domain.action import ActionRequest, Precondition, Risk
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject


def door(estate):
    return Subject(estate=estate, api_version="host.stead/v1", kind="Host", name=estate)


@host_check(every=timedelta(seconds=10))
async def door_open(commands, estate, now):
    """The front door is open."""
    done = await commands.run(["cat", "{door}"], 5)
    if done.code:
        return []
    seen = Evidence(what="the door", value=done.stdout.strip(), command="cat door")
    return [Finding(check="door_open", subject=door(estate), reason="Open", summary="the front door is open", evidence=(seen,))]


@playbook(checks=["door_open"])
async def shut_door(findings, estate, now):
    """Shuts it."""
    found = findings[0]
    return [
        ActionRequest(
            verb="close_door", subject=found.subject, precondition=Precondition(uid=""), check=found.check,
            fingerprint=found.fingerprint, reason="it is open", proposer="shut_door", command="rm door",
        )
    ]


async def no_objection(action, estate):
    return ""


async def close(action, estate, hands):
    return Applied(note="shut")


async def never(action, estate):
    return False


close_door = Verb(
    name="close_door", risk=Risk.LOW, reversible=True, kinds=("Host",), rbac=(), preflight=no_objection, apply=close, landed=never
)
'''


@dataclass
class Service:
    """The running service, its clock, and a client that speaks to it as `token` (None: as nobody)."""

    stead: Stead
    gateway: Gateway
    clock: SteppedClock
    door: Path
    http: aiohttp.ClientSession
    all_powerful: str

    async def call(self, method: str, path: str, *, token: str | None = "", body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON) of a request, by default as one who may do everything. Underscores in header names stand for dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = self.all_powerful if token == "" else token
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        async with self.http.request(method, self.gateway.url + path, json=body, headers=sent) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        return await self.call("GET", path, **more)

    async def post(self, path: str, body: Any, **more: Any) -> tuple[int, Any]:
        return await self.call("POST", path, body=body, **more)

    async def token(self, name: str, *scopes: Scope, lasts: timedelta | None = None) -> str:
        now = self.clock.now()
        ends = None if lasts is None else now + lasts
        return await self.stead.store.run(tokens.add, name, frozenset(scopes), now=now, expires_at=ends)

    async def happens(self, name: str, after: int = 0) -> dict[str, Any]:
        """Let time go on until an event of this name is there, and return it."""
        for _ in range(400):
            events = await self.stead.events(after)
            found = next((event for event in events if event["name"] == name), None)
            if found is not None:
                return found
            if await self.stead.quiescent():
                self.clock.advance(timedelta(seconds=1))
            last = events[-1]["seq"] if events else after
            with_news = asyncio.ensure_future(self.stead.wait_for_events(last))
            await asyncio.wait({with_news}, timeout=0.02)
            with_news.cancel()
            await asyncio.gather(with_news, return_exceptions=True)
        raise AssertionError(f"{name} never happened; what did: {[e['name'] for e in await self.stead.events()]}")


def settings_for(folder: Path, **more: Any) -> Any:
    """The settings of a Stead that watches this machine's door."""
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / "door.py").write_text(VISITOR.replace("{door}", str(folder / "door")))
    return settings_of(
        {
            "server": {"bind": "127.0.0.1:0"},
            "store": {"folder": str(folder / "state")},
            "estates": [{"kind": "host", "id": "house"}],
            "checks": {
                "folders": [str(folder / "own")],
                "disabled": sorted(shelves().host_checks),  # what else is wrong with this machine is not the matter
            },
            "policy": {"version": 1, "rules": [{"id": "ask", "verdict": "needs_approval", "when": {"verb": "close_door"}}]},
            **more,
        }
    )


@contextlib.asynccontextmanager
async def running(folder: Path, clock: SteppedClock, **more: Any) -> AsyncIterator[Service]:
    """A service that was started with these settings, until the block is left."""
    stead = Stead.build(settings_for(folder, **more), clock=clock)
    gateway = Gateway(stead)
    gateway.bind()
    await stead.start()
    await gateway.start()
    assert gateway.token_file is not None
    admin = await stead.store.run(tokens.add, "admin", frozenset({Scope.ADMIN}), now=clock.now())
    async with aiohttp.ClientSession() as http:
        try:
            yield Service(stead, gateway, clock, folder / "door", http, admin)
        finally:
            await gateway.stop()
            await stead.stop()


@pytest.fixture
async def service(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """Started, with the door shut."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    async with running(tmp_path, clock) as made:
        yield made


@pytest.fixture
async def thinking(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """The same with a model, which concludes at once by what the check has seen."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    concluded = {
        "cause": "Somebody left the door open.",
        "at_fault": {"kind": "Host", "name": "house"},
        "confidence": "high",
        "evidence": [{"claim": "it is wide open", "by": ["F1"]}, {"claim": "the wind did it", "by": ["E1"]}],
    }
    async with model_server(lambda _: Answer(text="Simple.", calls=[("conclude", concluded)])) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url, "price_in": 2.0, "price_out": 8.0}
        async with running(tmp_path, clock, models=[model]) as made:
            yield made


@pytest.fixture
async def open_door(service: Service) -> Service:
    """The service, after it has found the door open and asks whether it may shut it."""
    service.door.write_text("wide open\n")
    await service.happens("approval.asked")
    return service


@pytest.fixture
async def listening(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """The gateway of a Stead that has a store and does not watch: enough for who may come in, and quick."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    stead = Stead.build(settings_for(tmp_path, server={"bind": "127.0.0.1:0", "hosts": ["stead.example.com"]}), clock=clock)
    await stead.store.run(migrate)
    gateway = Gateway(stead)
    await gateway.start()
    admin = await stead.store.run(tokens.add, "admin", frozenset({Scope.ADMIN}), now=clock.now())
    async with aiohttp.ClientSession() as http:
        try:
            yield Service(stead, gateway, clock, tmp_path / "door", http, admin)
        finally:
            await gateway.stop()
            await stead.stop()
