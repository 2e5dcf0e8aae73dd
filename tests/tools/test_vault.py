"""Names and ages of secrets from Vault and OpenBao; never a value, against a server that gives every value to whoever asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.tools.conftest import look
from tests.tools.servers import serving

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.run import Seen
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.tools.vault import VaultSettings, vault

VALUE = "correct-horse-battery-staple"
VERSIONS = {
    "1": {"created_time": "2026-01-01T08:00:00Z", "deletion_time": "", "destroyed": True},
    "2": {"created_time": "2026-01-05T08:00:00Z", "deletion_time": "", "destroyed": False},
}


class Generous:
    """Answers everything, and lays the value beside every answer. `mount` is what it says of its mount."""

    def __init__(self) -> None:
        self.mount: dict[str, Any] = {"type": "kv", "options": {"version": "2"}}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path))
        self.headers.append(dict(request.headers))
        data: dict[str, Any] = {"password": VALUE, "data": {"password": VALUE}}
        if request.path.startswith("/v1/sys/internal/ui/mounts/"):
            data = {**data, **self.mount}
        elif request.query.get("list") == "true":
            data = {**data, "keys": ["database", "smtp/"]}
        elif "/metadata/" in request.path:
            data = {
                **data,
                "current_version": 2,
                "updated_time": "2026-01-05T08:00:00Z",
                "versions": VERSIONS,
                "custom_metadata": {"owner": "ada"},
            }
        elif request.path == "/v1/sys/seal-status":
            return web.json_response({"sealed": True, "version": "2.0", "root": VALUE})
        return web.json_response({"data": data, "auth": {"client_token": VALUE}})


@pytest.fixture
async def server() -> AsyncIterator[tuple[Generous, str]]:
    made = Generous()
    async with serving(made) as url:
        yield made, url


@pytest.fixture
def toolset(server: tuple[Generous, str], tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> Toolset:
    monkeypatch.setenv("VAULT_TOKEN", "s.token")
    return vault.open(VaultSettings(url=server[1], token="env:VAULT_TOKEN", mounts=("secret", "team/kv"), namespace="ops"), clock, tmp_path)


async def ask(toolset: Toolset, clock: SteppedClock, tool: str, **arguments: Any) -> Seen:
    seen = await look(HostEstate("attic", LocalCommands(), (), clock), toolset, tool, **arguments)
    assert VALUE not in repr(seen) and "s.token" not in repr(seen)
    return seen


async def test_names_and_ages(server: tuple[Generous, str], toolset: Toolset, clock: SteppedClock) -> None:
    assert (await ask(toolset, clock, "vault_list", mount="secret", path="payments")).text == "database\nsmtp/"
    told = await ask(toolset, clock, "vault_metadata", mount="team/kv", path="payments/database")
    for words in ("current version: 2", "2 of 2026-01-05T08:00:00Z", "1 of 2026-01-01T08:00:00Z, destroyed", "owner: ada"):
        assert words in told.text
    assert "sealed: True" in (await ask(toolset, clock, "vault_status")).text
    assert [asked for asked in server[0].asked if "internal" not in asked[1]] == [
        ("GET", "/v1/secret/metadata/payments?list=true"),
        ("GET", "/v1/team/kv/metadata/payments/database"),
        ("GET", "/v1/sys/seal-status"),
    ]
    assert {(h["X-Vault-Token"], h["X-Vault-Namespace"]) for h in server[0].headers} == {("s.token", "ops")}


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        ("secret/data", "database"),
        ("secret", "../data/database"),
        ("secret", "x/../../data/database"),
        ("secret", "./database"),
        ("secret", "x//y"),
        ("database/creds", "app"),
        ("../secret", "x"),
        ("cubbyhole", "x"),
        ("secret", "x\ny"),
        ("", "x"),
        ("secret", ""),
    ],
)
async def test_no_words_lead_to_a_value(server: tuple[Generous, str], toolset: Toolset, clock: SteppedClock, mount: str, path: str) -> None:
    assert (await ask(toolset, clock, "vault_metadata", mount=mount, path=path)).failed
    assert all("internal/ui/mounts" in asked for _, asked in server[0].asked)


async def test_what_looks_like_a_way_out_is_only_a_name(server: tuple[Generous, str], toolset: Toolset, clock: SteppedClock) -> None:
    for path in ("%2e%2e/data/database", "..%2fdata", "x?version=1", "x#y"):
        await ask(toolset, clock, "vault_metadata", mount="secret", path=path)
    assert all(asked.startswith(("/v1/secret/metadata/", "/v1/sys/")) and "?" not in asked for _, asked in server[0].asked)


@pytest.mark.parametrize(
    "mount",
    [
        {"type": "kv", "options": {"version": "1"}},
        {"type": "kv", "options": None},
        {"type": "database"},
        {"type": ""},
        {"options": {"version": "2"}},
    ],
)
async def test_where_the_same_path_could_be_a_value_nothing_is_asked(
    server: tuple[Generous, str], toolset: Toolset, clock: SteppedClock, mount: dict[str, Any]
) -> None:
    server[0].mount = mount
    for tool in ("vault_list", "vault_metadata"):
        seen = await ask(toolset, clock, tool, mount="secret", path="database")
        assert seen.failed and "only KV version 2 keeps metadata apart from values" in seen.text
    assert {asked for _, asked in server[0].asked} == {"/v1/sys/internal/ui/mounts/secret"}
