"""Who may ask for what: every /api route wants a token, loopback included."""

from __future__ import annotations

import stat
from datetime import timedelta
from typing import Any

import pytest

from stead.store import tokens
from stead.store.tokens import Scope

DECIDE = "/api/approvals/A-1/decision"


async def test_nobody_reads_without_a_token_not_even_on_loopback(listening: Any) -> None:
    for path in ("/api/status", "/api/incidents", "/api/approvals", "/api/events", "/api/openapi.json", "/api/incidents/1"):
        status, said = await listening.get(path, token=None)
        assert (path, status, said["error"]) == (path, 401, "a token is needed")


async def test_a_scope_opens_its_own_doors_only(listening: Any) -> None:
    reader, approver = await listening.token("reader", Scope.READ), await listening.token("approver", Scope.APPROVE)
    yes = {"decision": "approve"}
    assert (await listening.get("/api/incidents", token=reader))[0] == 200
    status, said = await listening.post(DECIDE, yes, token=reader)
    assert (status, said["error"]) == (403, "the token `reader` does not have the scope `approve`")
    assert (await listening.get("/api/incidents", token=approver))[0] == 403
    assert (await listening.post(DECIDE, yes, token=approver))[0] != 403


async def test_a_token_ends_by_its_time_and_by_being_revoked(listening: Any) -> None:
    guest = await listening.token("guest", Scope.READ, lasts=timedelta(hours=1))
    assert (await listening.get("/api/incidents", token=guest))[0] == 200
    listening.clock.advance(timedelta(hours=1))
    status, said = await listening.get("/api/incidents", token=guest)
    assert (status, said["error"]) == (401, "the token `guest` has expired")
    await listening.stead.store.run(tokens.revoke, "guest")
    assert "not known" in (await listening.get("/api/incidents", token=guest))[1]["error"]


@pytest.mark.parametrize("forge", ["", "x", "stead_", "stead_000000000000_" + "A" * 43, "{good}x", "{flipped}", "stéad"])
async def test_a_forged_token_opens_nothing(listening: Any, forge: str) -> None:
    good = listening.all_powerful
    flipped = good[:-1] + ("A" if good[-1] != "A" else "B")
    headers = {"Authorization": "Bearer " + forge.format(good=good, flipped=flipped)}
    async with listening.http.get(listening.gateway.url + "/api/incidents", headers=headers) as answer:
        assert answer.status == 401


async def test_the_local_token_is_the_users_alone_and_lies_outside_the_state_folder(listening: Any) -> None:
    file = listening.gateway.token_file
    local = file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.is_relative_to(listening.stead.folder)
    assert (await listening.get("/api/incidents", token=local))[0] == 200
    assert local not in b"".join(path.read_bytes() for path in listening.stead.folder.rglob("*") if path.is_file()).decode("latin-1")
    await listening.gateway.stop()
    assert not file.exists()


async def test_use_is_remembered_to_the_minute(listening: Any) -> None:
    reader = await listening.token("reader", Scope.READ)
    began = listening.clock.now()
    for _ in range(3):
        await listening.get("/api/incidents", token=reader)
        listening.clock.advance(timedelta(seconds=25))
    await listening.get("/api/incidents", token=reader)
    kept = {token.name: token.used_at for token in await listening.stead.store.look(tokens.listed)}
    assert kept["reader"] == began + timedelta(seconds=75)
