"""Memory: people write it, a model only proposes, and what holds is told; what was learned from others' words taints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.conftest import running
from tests.gateway.test_goals import ended
from tests.gateway.test_runs import types

from stead.clocks import SteppedClock
from stead.domain.memory import entries_of
from stead.practice.model_server import Answer, Json, ModelServer, model_server

FACT = "The door is oiled on Sundays."


def remembers(body: Json) -> Answer:
    """Proposes a fact, twice, and what is no fact; then concludes."""
    if [message for message in body["messages"] if message["role"] == "tool"]:
        conclusion = {"cause": "Well.", "at_fault": {"kind": "Host", "name": "house"}, "confidence": "high", "evidence": []}
        return Answer(calls=[("conclude", conclusion)])
    wishes = [{"fact": FACT}, {"fact": f"  {FACT}"}, {"fact": "password=hunter2secret is used"}, {"about": "moon", "fact": "x"}]
    return Answer(calls=[("remember", wish) for wish in wishes])


@pytest.fixture
async def house(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Any, ModelServer]]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    async with model_server(remembers) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        async with running(tmp_path, clock, models=[model]) as service:
            yield service, server


async def looks(service: Any, question: str = "", goal: str = "what-if") -> Json:
    _, asked = await service.post("/api/runs", {"goal": goal, "question": question})
    return await ended(service, asked["run"])


def opening(server: ModelServer) -> str:
    return str(server.requests[-1]["messages"][1]["content"])


async def test_what_a_model_proposes_waits_for_a_person(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, server = house
    await looks(service)
    _, entries = await service.get("/api/memory")
    # What a model asks for at once is written down in any order.
    assert {(e["state"], e["author"], e["run"], e["text"]) for e in entries} == {
        ("proposed", "agent:reviewer", "R-1", FACT),
        ("proposed", "agent:reviewer", "R-1", "password=[redacted] is used"),
    }, "once, without the secret, and not what does not fit the form"
    fact, secret = sorted((e["id"] for e in entries), key=lambda name: next(e["text"] != FACT for e in entries if e["id"] == name))
    await looks(service)
    assert FACT not in opening(server)

    assert await types(service, capsys, f"memory approve {fact}") == (0, f"{fact} (approved): {FACT}\n", "")
    assert (await types(service, capsys, f"memory reject {secret.lower()}"))[0] == 0
    run = await looks(service)
    assert f"What is remembered:\n- {FACT}" in opening(server) and "is used" not in opening(server)
    assert run["tainted"] is False
    assert len((await service.get("/api/memory"))[1]) == 2, "what is there, or was rejected, is not proposed again"


async def test_what_was_learned_from_words_of_others_taints_whom_it_is_told(house: Any) -> None:
    service, server = house
    await looks(service, goal="health-check")  # its packs read what programs of this machine say
    _, entries = await service.get("/api/memory")
    assert [entry["tainted"] for entry in entries] == [True, True]
    fact = next(entry["id"] for entry in entries if entry["text"] == FACT)
    await service.post(f"/api/memory/{fact}/decision", {"decision": "approve"})
    run = await looks(service)
    assert run["tainted"] is True
    assert f"\n{FACT}\n" in opening(server).partition("What is remembered:\n- <<")[2], "between marks, as words of others"
    await service.post(f"/api/memory/{fact}/edit", {"text": FACT.replace("oiled", "greased")})
    assert (await looks(service))["tainted"] is False, "what a person wrote anew is that person's"


async def test_what_has_expired_is_told_no_more(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, server = house
    await service.post("/api/memory", {"text": "The attic is warm.", "days": 1})
    await looks(service)
    assert "attic" in opening(server)
    service.clock.advance(timedelta(days=1))
    await looks(service)
    assert "attic" not in opening(server)
    assert "expired" in (await types(service, capsys, "memory list"))[1]


async def test_what_fits_the_question_is_told_first_and_only_so_much(house: Any) -> None:
    service, server = house
    for number in range(30):
        await service.post("/api/memory", {"text": f"Fact {number} about the cellar, which is as long as such a fact is at all."})
    await service.post("/api/memory", {"text": "The NAS reboots on Sundays."})
    await service.post("/api/memory", {"text": "The newest one of all."})
    await looks(service, "is the NAS well?")
    lines = opening(server).partition("What is remembered:\n")[2].splitlines()
    assert lines[0] == "- The NAS reboots on Sundays." and lines[1] == "- The newest one of all."
    assert sum(len(line) + 1 for line in lines) <= 900


async def test_entries_are_found_by_their_words(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    service, _ = house
    for text in ("The NAS reboots on Sundays.", "The attic is warm.", "A reboot of the router needs the button."):
        await service.post("/api/memory", {"text": text})
    await service.post("/api/memory/M-3/decision", {"decision": "reject"})
    code, out, err = await types(service, capsys, "memory search when did the nas rebooted?")
    assert (code, err) == (0, "")
    assert [line.split()[:3] for line in out.splitlines()[1:]] == [["M-1", "estate", "approved"], ["M-3", "estate", "rejected"]]
    assert (await service.get("/api/memory/search?words=attic&limit=1"))[1][0]["text"] == "The attic is warm."
    code, out, err = await types(service, capsys, "memory search zebra")
    assert (code, out, err) == (1, "", "Nothing that is remembered holds these words.\n")
    assert (await service.get("/api/memory/search?words="))[0] == 400


async def test_files_come_in_and_go_out(house: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service, _ = house
    (tmp_path / "USER.md").write_text("# User\n\n- Likes short answers.\n- Sleeps from 23:00\n  to 07:00.\n\nIs called Kim.\n")
    code, out, _ = await types(service, capsys, f"memory import {tmp_path / 'USER.md'} --kind user")
    assert code == 0 and out.splitlines()[-1] == "3 entries are new"
    assert (await types(service, capsys, f"memory import {tmp_path / 'USER.md'} --kind user"))[1] == "0 entries are new\n"
    exported = (await types(service, capsys, "memory export --kind user"))[1]
    assert exported == "# User\n\n- Likes short answers.\n- Sleeps from 23:00 to 07:00.\n- Is called Kim.\n"
    assert (await types(service, capsys, "memory export"))[1] == "# Memory\n\n"
    await service.post("/api/memory/M-3/edit", {"text": "Is called Robin."})
    assert "Robin" in (await types(service, capsys, "memory show M-3"))[1]
    assert (await types(service, capsys, "memory forget M-3"))[1] == "M-3 is forgotten: Is called Robin.\n"
    assert (await types(service, capsys, "memory show M-3"))[0] == 1


async def test_what_cannot_be_remembered_is_refused(house: Any) -> None:
    service, _ = house
    await service.post("/api/memory", {"text": FACT})
    assert (await service.post("/api/memory", {"text": FACT.upper()}))[0] == 409
    assert (await service.post("/api/memory", {"text": "\u200b"}))[0] == 400
    assert (await service.post("/api/memory", {"text": "x" * 501}))[0] == 400
    assert (await service.post("/api/memory/M-9/decision", {"decision": "approve"}))[0] == 404


@given(st.lists(st.text(alphabet="ab c", min_size=1).map(str.strip).filter(bool), max_size=6))
def test_what_was_written_as_a_list_is_read_as_that_list(texts: list[str]) -> None:
    assert entries_of("# Memory\n\n" + "".join(f"- {text}\n" for text in texts)) == texts
