"""Taking the port, and refusing to be open to the world by accident."""

from __future__ import annotations

import socket
from pathlib import Path

import aiohttp
import pytest

from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.gateway.server import Gateway
from stead.store import tokens
from stead.store.migrations import migrate
from stead.store.tokens import Scope


def built(folder: Path, bind: str, clock: SteppedClock) -> Stead:
    return Stead.build(settings_of({"server": {"bind": bind}, "store": {"folder": str(folder)}}), clock=clock)


async def test_a_taken_port_is_named(tmp_path: Path, clock: SteppedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        stead = built(tmp_path, bind, clock)
        with pytest.raises(UserError, match=f"another program listens on {bind}"):
            Gateway(stead).bind()
        await stead.stop()


async def test_an_address_of_another_machine_is_named(tmp_path: Path, clock: SteppedClock) -> None:
    stead = built(tmp_path, "192.0.2.1:8642", clock)
    with pytest.raises(UserError, match=r"192\.0\.2\.1 is not an address of this machine"):
        Gateway(stead).bind()
    await stead.stop()


async def test_beyond_loopback_it_listens_only_when_a_token_was_given_to_somebody(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    stead = built(tmp_path / "state", "0.0.0.0:0", clock)
    await stead.store.run(migrate)
    await stead.store.run(tokens.replace, "cli", frozenset({Scope.READ}), now=clock.now())
    with pytest.raises(UserError, match="beyond loopback, and there is no token"):
        await Gateway(stead).start()
    await stead.store.run(tokens.add, "somebody", frozenset({Scope.READ}), now=clock.now())
    gateway = Gateway(stead)
    await gateway.start()
    port = gateway.url.rpartition(":")[2]
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/healthz") as answer:
        assert answer.status == 200
    await gateway.stop()
    await stead.stop()


async def test_a_home_that_cannot_be_written_costs_no_service(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    stead = built(tmp_path / "state", "127.0.0.1:0", clock)
    await stead.store.run(migrate)
    gateway = Gateway(stead)
    await gateway.start()
    assert gateway.token_file is None
    await gateway.stop()
    await stead.stop()
