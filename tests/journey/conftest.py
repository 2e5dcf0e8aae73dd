"""The world around a service: a practice cluster, a chat, and the real `stead up` in a process of its own.

The cluster's clock and the service's run equally fast from one origin, so the two processes agree on the time without a word.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from stead.clocks import SteppedClock
from stead.practice import house
from stead.practice.cluster import PracticeCluster
from stead.testing.forked import Forked

SPEED = 20.0
LONG = 90.0
"""Seconds after which something that should have happened has not: a failure, never a wait."""

Json = dict[str, Any]


class Chat:
    """A webhook receiver that keeps what it is told. A repeated try carries the same key and is not a second message."""

    def __init__(self) -> None:
        self.told: list[Json] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        message = await request.json()
        if message["id"] not in [known["id"] for known in self.told]:
            self.told.append(message)
        return web.json_response({"id": message["replaces"] or message["id"]})

    def about(self, subject: str) -> list[Json]:
        conversations = {m["conversation"] for m in self.told if subject in json.dumps(m["message"])}
        return [m for m in self.told if m["conversation"] in conversations]

    def messages(self, subject: str) -> list[Json]:
        return [m for m in self.about(subject) if not m["replaces"]]

    def last(self, subject: str) -> Json:
        return self.about(subject)[-1]["message"]


class World:
    """What outlives the service."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.chat = Chat()
        self.clock = SteppedClock(datetime.now(UTC) - timedelta(hours=2))
        self.cluster = PracticeCluster(self.clock, seed=3, orphan_gc=False)
        self._stack = contextlib.AsyncExitStack()
        self._processes: list[Forked] = []
        self._starting: Forked | None = None
        self._token = ""
        self.models: list[Json] = []
        self.hooks: list[Json] = []
        self.environment: dict[str, str] = {}
        self.more: Json = {}

    async def __aenter__(self) -> World:
        await self.cluster.start(self.folder / "cluster")
        self._stack.push_async_callback(self.cluster.stop)
        await house.furnish(self.cluster)
        await self._open_chat()
        await self._let_pass(timedelta(minutes=1))
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await self._stack.aclose()

    async def strand_a_pod(self) -> str:
        """A pod that is stuck, long enough to be a fault; the world's time runs from now on."""
        pod = house.strand_pod(self.cluster)
        await self._let_pass(timedelta(minutes=30))
        self._run_time()
        return pod

    def all_is_well(self) -> None:
        """The world's time runs from now on, and nothing is broken."""
        self._run_time()

    async def ship_a_broken_release(self) -> None:
        house.ship_broken_release(self.cluster)
        await self._let_pass(timedelta(minutes=3))
        self._run_time()

    async def break_a_configuration(self) -> None:
        """Containers that crash for the want of a setting: no playbook cures it."""
        house.break_configuration(self.cluster)
        await self._let_pass(timedelta(minutes=3))
        self._run_time()

    async def pass_minutes(self, minutes: int) -> None:
        """Let what was applied come to be; the world's time runs from now on."""
        await self._let_pass(timedelta(minutes=minutes))
        self._run_time()

    async def start(self, crash_at: str = "") -> Forked:
        """Start the service; what it says goes to a file."""
        environment = {
            **os.environ,
            "HOME": str(self.folder),
            "CHAT_SECRET": "s" * 32,
            "HOOK_SECRET": "h" * 32,
            "XDG_RUNTIME_DIR": "",
            "STEAD_DEBUG": "1",
            **self.environment,
        }
        if crash_at:
            environment["STEAD_CRASH_AT"] = crash_at
        log = self.folder / f"service-{len(self._processes)}.log"
        process = Forked("up", "--config", str(self._configuration()), env=environment, log=log)
        self._processes.append(process)
        return process

    def log(self, process: Forked) -> str:
        """What this process said."""
        return (self.folder / f"service-{self._processes.index(process)}.log").read_text()

    async def died(self, process: Forked) -> int:
        async with asyncio.timeout(LONG):
            return await process.wait()

    async def dies_at(self, point: str) -> None:
        """A life of the service that `kill -9` ends at this point; fails when it never comes there."""
        dying = await self.start(crash_at=point)
        try:
            assert await self.died(dying) == -signal.SIGKILL
        except TimeoutError:
            raise AssertionError(f"{point} is not on the way: {await self._as_it_stands()}") from None

    async def over(self, about: str) -> Json:
        """The incident about this, once it is over and that was told."""

        async def ended() -> Json | None:
            for row in await self.get("/api/incidents?all=true"):
                whole = await self.get(f"/api/incidents/{row['id']}")
                if about in json.dumps(whole["findings"]) and row["state"] == "resolved":
                    return whole if not [d for d in whole["deliveries"] if d["state"] == "queued"] else None
            return None

        return await self.until(ended)

    async def asked(self) -> int:
        async def pending() -> int | None:
            found = await self.get("/api/approvals")
            return found[0]["number"] if found else None

        return await self.until(pending)

    async def answer(self, number: int, *, expect_death: bool = False) -> None:
        try:
            await self.call("POST", f"/api/approvals/{number}/decision", {"decision": "approve", "reason": "go"})
        except aiohttp.ClientError:
            if not expect_death:
                raise

    async def everything_ended(self) -> bool:
        """No action without a named end, no message that waits, no trigger that was not taken up."""
        for row in await self.get("/api/incidents?all=true"):
            whole = await self.get(f"/api/incidents/{row['id']}")
            ends = {"proven", "unproven", "denied", "void", "refused", "unknown"}
            if {action["state"] for action in whole["actions"]} - ends:
                return False
        return (await self.get("/api/status"))["deliveries"]["dead"] == 0

    def writes(self, verb: str) -> int:
        """How many changes of this kind the cluster accepted from the identity that acts."""
        return sum(
            1 for r in self.cluster.requests if r.user == house.WRITER and r.verb == verb and r.code < 300 and "dryRun" not in r.query
        )

    async def until(self, told: Callable[[], Any]) -> Any:
        """The first true answer of `told()`, asked again while the service is away."""
        try:
            async with asyncio.timeout(LONG):
                while True:
                    with contextlib.suppress(aiohttp.ClientError, OSError):
                        if answer := await told():
                            return answer
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(await self._as_it_stands()) from None

    async def _as_it_stands(self) -> str:
        """What the service knows, for the one who reads why a test failed."""
        try:
            rows = [await self.get(f"/api/incidents/{row['id']}") for row in await self.get("/api/incidents?all=true")]
        except (aiohttp.ClientError, OSError) as error:
            return f"the service does not answer: {error}"
        events = [(event["at"], event["name"], event["data"]) for event in await self.get("/api/events")]
        told = [(row["id"], row["state"], row["actions"], [(d["state"], d["error"]) for d in row["deliveries"]]) for row in rows]
        return f"it did not come to this: {told}\n{events[-12:]}"

    async def get(self, path: str) -> Any:
        return await self.call("GET", path)

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        port = int((self.folder / "port").read_text())
        token = (self.folder / ".local" / "share" / "stead-cli" / f"127.0.0.1-{port}.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"http://127.0.0.1:{port}{path}", json=body) as response,
        ):
            response.raise_for_status()
            return await response.json()

    def _configuration(self) -> Path:
        port = _free_port()
        (self.folder / "port").write_text(str(port))
        path = self.folder / "stead.yaml"
        path.write_text(json.dumps(self._settings(port)))  # JSON is YAML
        return path

    def _settings(self, port: int) -> Json:
        return {
            "version": 1,
            "server": {"bind": f"127.0.0.1:{port}"},
            "store": {"folder": str(self.folder / "state"), "url": self.database_url},
            "timing": {"speed": SPEED, "origin": self._origin},
            "channels": [{"name": "chat", "kind": "webhook", "url": self.chat.url, "secret": "env:CHAT_SECRET"}],
            "models": self.models,
            "hooks": self.hooks,
            "jobs": {"stock": False},
            **self._watched(),
            **self.more,
        }

    def _watched(self) -> Json:
        return {
            "estates": [
                {
                    "id": "home",
                    "kind": "kubernetes",
                    "kubeconfig": str(self.cluster.kubeconfig(house.READER)),
                    "write_kubeconfig": str(self.cluster.kubeconfig(house.WRITER)),
                }
            ],
        }

    async def _open_chat(self) -> None:
        application = web.Application()
        application.router.add_post("/", self.chat.receive)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.chat.url = f"http://{host}:{port}/"

    async def _let_pass(self, span: timedelta) -> None:
        """Hours in a moment: from due time to due time."""
        end = self.clock.now() + span
        while True:
            await self.cluster.settle()
            due = self.cluster.next_due()
            if due is None or due > end:
                break
            self.clock.advance_to(max(due, self.clock.now()))
        self.clock.advance_to(end)
        await self.cluster.settle()

    def _run_time(self) -> None:
        """From now on time runs by itself, as fast as in the service."""
        self._origin = time.time()
        began = self.clock.now()
        if began.timestamp() > self._origin:
            raise AssertionError("the cluster's past must not reach into the service's future")
        self.clock.advance_to(datetime.fromtimestamp(self._origin, UTC))

        async def run() -> None:
            while True:
                now = datetime.fromtimestamp(self._origin + (time.time() - self._origin) * SPEED, UTC)
                self.clock.advance_to(max(now, self.clock.now()))
                await asyncio.sleep(0.02)

        running = asyncio.create_task(run(), name="time")

        async def stop() -> None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

        self._stack.push_async_callback(stop)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    async with World(tmp_path, database_url) as made:
        yield made
