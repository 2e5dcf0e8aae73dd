"""Everything from the evidence to the proof stands in the chain, and whoever changes the chain is found out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from stead.cli.run import run
from stead.domain.audit import GENESIS
from stead.store import audit as chain
from stead.store.tables import audit


@pytest.fixture
async def decided(open_door: Any) -> Any:
    """A person has said yes; what came of it is written down."""
    _, pending = await open_door.get("/api/approvals")
    await open_door.post(f"/api/approvals/{pending[0]['id']}/decision", {"decision": "approve", "reason": "it rains"})
    await open_door.happens("action.outcome")
    return open_door


async def verified(service: Any, head: str = "") -> dict[str, Any]:
    status, found = await service.get("/api/audit/verify" + (f"?head={head}" if head else ""))
    assert status == 200
    return found


async def test_the_rows_of_an_action_tell_who_decided_what_and_why(decided: Any) -> None:
    _, incident = await decided.get("/api/incidents/1")
    _, rows = await decided.get(f"/api/audit/rows/{incident['actions'][0]['id']}")
    assert [row["kind"] for row in rows] == ["evidence", "decision", "approval", "approval", "intent", "outcome"]
    evidence, decision, asked, answered, intent, _ = rows
    assert evidence["body"]["evidence"][0]["value"] == "wide open"
    assert (decision["body"]["verdict"], decision["body"]["rules"]) == ("needs_approval", ["ask"])
    assert decision["body"]["digest"] == asked["body"]["digest"], "what was asked about is what was decided"
    assert (answered["principal"], answered["body"]["decision"], answered["body"]["reason"]) == ("token:admin", "approved", "it rains")
    assert intent["principal"] == "system:stead"
    _, of_incident = await decided.get("/api/audit/rows/I-1")
    assert of_incident[:6] == rows
    assert (await decided.get("/api/audit/rows/A-1"))[1] == rows
    assert (await decided.get("/api/audit/rows/A-9"))[0] == 404


async def test_a_person_reads_what_was_seen_and_what_was_done(decided: Any, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["audit", "show", "a-1", "--url", decided.gateway.url, "--token", decided.all_powerful]
    assert await asyncio.to_thread(run, argv) == 0
    shown = capsys.readouterr().out
    assert "door_open: the front door is open" in shown
    assert "approved close_door Host house: it rains" in shown


async def test_a_chain_that_nobody_touched_is_whole(decided: Any) -> None:
    found = await verified(decided)
    assert found["whole"]
    assert found["rows"] >= 6
    assert (await verified(decided, found["head"]))["whole"]
    _, page = await decided.get("/api/audit?limit=2")
    assert [row["seq"] for row in page] == [1, 2]


async def test_a_row_that_was_changed_is_found(decided: Any) -> None:
    def tamper(connection: sa.Connection) -> None:
        connection.execute(sa.update(audit).where(audit.c.seq == 4).values(principal="token:somebody-else"))

    await decided.stead.store.run(tamper)
    assert (await verified(decided))["problems"] == ["row 4 was changed"]


async def test_a_tail_that_was_cut_off_is_found_by_the_signed_head(decided: Any) -> None:
    end = (await verified(decided))["head"]
    decided.stead.heads.sign(await decided.stead.store.look(chain.head, decided.clock.now()))

    def cut(connection: sa.Connection) -> None:
        connection.execute(sa.delete(audit).where(audit.c.seq > 3))

    await decided.stead.store.run(cut)
    (said,) = (await verified(decided))["problems"]
    assert "its tail was cut off" in said
    (decided.stead.folder / "audit-heads.jsonl").unlink()
    assert (await verified(decided))["whole"], "without any head nobody can tell"
    assert not (await verified(decided, end))["whole"], "with one that was told elsewhere it is found"


async def test_a_chain_that_was_written_anew_is_found_and_so_is_a_forged_head(decided: Any) -> None:
    decided.stead.heads.sign(await decided.stead.store.look(chain.head, decided.clock.now()))

    def rewrite(connection: sa.Connection) -> None:
        before = GENESIS
        for row in list(chain.rows(connection)):
            other = replace(row, principal="token:somebody-else", before=before)
            before = other.hashed()
            values = {"principal": other.principal, "before": other.before, "hash": before}
            connection.execute(sa.update(audit).where(audit.c.seq == row.seq).values(**values))

    await decided.stead.store.run(rewrite)
    (said,) = (await verified(decided))["problems"]
    assert "was written anew" in said

    log = decided.stead.folder / "audit-heads.jsonl"
    forged = await decided.stead.store.look(chain.head, decided.clock.now())
    line = {"seq": forged.seq, "hash": forged.hash, "at": forged.at.isoformat(), "signature": "AAAA"}
    log.write_text(json.dumps(line) + "\n")
    assert (await verified(decided))["problems"] == [f"the signature of the head of row {forged.seq} is not ours"]


async def test_what_is_no_head_is_told(service: Any) -> None:
    status, said = await service.get("/api/audit/verify?head=soon")
    assert (status, "is no head" in said["error"]) == (400, True)


async def test_the_switch_and_who_threw_it_stand_in_the_chain(service: Any) -> None:
    await service.post("/api/stop", {"reason": "enough"})
    _, rows = await service.get("/api/audit")
    assert [(row["kind"], row["principal"], row["body"]["reason"]) for row in rows] == [("stop", "token:admin", "enough")]
