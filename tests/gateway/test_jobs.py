"""Jobs over HTTP: made by name, run as programs in the sandbox and by agents, told or not, and followed in their history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running

from stead.clocks import SteppedClock
from stead.store.tokens import Scope

NIGHTLY = {"name": "nightly", "kind": "script", "schedule": "30 2 * * *", "timezone": "Europe/Madrid", "script": "say"}


def program(folder: Path, text: str, name: str = "say") -> None:
    (folder / "jobs").mkdir(exist_ok=True)
    path = folder / "jobs" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
async def with_jobs(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A service with a folder of jobs, which has looked once at all that it watches."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    program(tmp_path, "echo hello; echo world")
    async with running(tmp_path, clock, jobs={"folders": [str(tmp_path / "jobs")], "timezone": "Europe/Berlin", "stock": False}) as made:
        yield made


async def ran(service: Service, name: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Run the job now, and what it came to."""
    status, begun = await service.post(f"/api/jobs/{name}/run", {"dry_run": dry_run})
    assert status == 200, begun
    async with asyncio.timeout(30):
        while (run := (await service.get(f"/api/job-runs/{begun['id']}"))[1])["ended_at"] is None:
            await asyncio.sleep(0.02)
    return run


async def test_applying_again_changes_nothing_and_a_diff_says_what_it_would(with_jobs: Service) -> None:
    assert await with_jobs.post("/api/jobs", {"jobs": [NIGHTLY]}) == (200, {"nightly": "created"})
    assert await with_jobs.post("/api/jobs", {"jobs": [NIGHTLY]}) == (200, {"nightly": "unchanged"})
    other = {**NIGHTLY, "schedule": "every 1h", "overlap": "queue"}
    _, found = await with_jobs.post("/api/jobs/diff", {"jobs": [other]})
    assert found == [
        {
            "name": "nightly",
            "change": "changed",
            "fields": [
                {"key": "schedule", "old": "30 2 * * *", "new": "every 1h"},
                {"key": "overlap", "old": None, "new": "queue"},
            ],
        }
    ]
    _, job = await with_jobs.get("/api/jobs/nightly")
    assert job["schedule"] == "30 2 * * *"
    assert job["spec"] == NIGHTLY
    assert await with_jobs.post("/api/jobs", {"jobs": [job["spec"]]}) == (200, {"nightly": "unchanged"})
    _, found = await with_jobs.get("/api/jobs/nightly/next?n=3")
    assert len(found["times"]) == 3
    assert all("T02:30:00+0" in at for at in found["times"])


ENDS = (
    ("echo hello; echo world", "done", "", "hello\nworld"),
    ("true", "done", "it ended well and says nothing", ""),
    ("echo '[SILENT]'", "done", "it says [SILENT]", "[SILENT]"),
    ("echo partly; echo why >&2; exit 3", "failed", "", "exit code 3\npartly\nwhy"),
    ("echo '[SILENT]'; exit 1", "failed", "", "exit code 1\n[SILENT]"),
    ("echo password=hunter2hunter2", "done", "", "password=[redacted]"),
    ("cat /etc/shadow $HOME/.kube/config 2>/dev/null; env | grep -c XDG", "failed", "", "exit code 1\n0"),
)


async def test_what_a_program_says_and_how_it_ends_is_what_is_told(with_jobs: Service, tmp_path: Path) -> None:
    await with_jobs.post("/api/jobs", {"jobs": [NIGHTLY, {**NIGHTLY, "name": "lost", "script": "nowhere"}]})
    for text, state, silent, said in ENDS:
        program(tmp_path, text)
        run = await ran(with_jobs, "nightly")
        assert (run["state"], run["silent"], run["output"]) == (state, silent, said)
    program(tmp_path, "echo hello")
    run = await ran(with_jobs, "nightly", dry_run=True)
    assert (run["output"], run["silent"]) == ("hello", "it was a rehearsal")
    run = await ran(with_jobs, "lost")
    assert run["state"] == "blind"
    assert run["output"].startswith("there is no program `nowhere` in ")


async def test_a_file_in_the_folder_is_declared_and_its_word_holds_again_when_it_changes(with_jobs: Service, tmp_path: Path) -> None:
    file = tmp_path / "jobs" / "night.yaml"
    file.write_text(
        "- {name: nightly, kind: script, schedule: '@daily', script: say}\n- {name: once, kind: check, schedule: every 1h, seeded: true}\n"
    )
    await with_jobs.stead.reload_jobs()
    _, job = await with_jobs.get("/api/jobs/nightly")
    assert (job["origin"], job["source"], job["timezone"], job["drift"]) == ("declared", str(file), "Europe/Berlin", [])
    changed = [{**job["spec"], "schedule": "every 2h"}, {"name": "once", "kind": "check", "schedule": "every 3h"}]
    await with_jobs.post("/api/jobs", {"jobs": changed})
    _, job = await with_jobs.get("/api/jobs/nightly")
    assert job["drift"] == [{"key": "schedule", "old": "@daily", "new": "every 2h"}]
    assert (await with_jobs.call("DELETE", "/api/jobs/nightly"))[0] == 409

    await with_jobs.stead.reload_jobs()
    assert (await with_jobs.get("/api/jobs/nightly"))[1]["schedule"] == "@daily"
    assert (await with_jobs.get("/api/jobs/once"))[1]["schedule"] == "every 3h"

    file.write_text("- {name: nightly, kind: script, schedule: 'every 1', script: say}\n")
    await with_jobs.stead.reload_jobs()
    assert (await with_jobs.get("/api/jobs/nightly"))[1]["schedule"] == "@daily"
    file.unlink()
    await with_jobs.stead.reload_jobs()
    assert [job["name"] for job in (await with_jobs.get("/api/jobs"))[1]] == ["once"]
    assert (await with_jobs.call("DELETE", "/api/jobs/once"))[0] == 200


async def test_what_cannot_be_is_one_sentence(with_jobs: Service) -> None:
    await with_jobs.post("/api/jobs", {"jobs": [NIGHTLY]})
    reader, approver = await with_jobs.token("reader", Scope.READ), await with_jobs.token("approver", Scope.READ, Scope.APPROVE)
    assert (await with_jobs.post("/api/jobs", {"jobs": [NIGHTLY]}, token=reader))[0] == 403
    assert (await with_jobs.post("/api/jobs/nightly/run", {}, token=reader))[0] == 403
    status, said = await with_jobs.post("/api/jobs", {"jobs": [{**NIGHTLY, "reads": ["/etc"]}]}, token=approver)
    assert (status, said["error"].partition(",")[0]) == (409, "the job `nightly` names what it may see (`reads`")
    for more, error in (
        ({"schedule": "61 * * * *"}, "has `61` for the minute"),
        ({"prompt": "look"}, "has `prompt`, which a script has not"),
        ({"script": ""}, "has no `script`"),
        ({"script": "../say"}, ".script` is not a name"),
        ({"nonsense": 1}, "unknown key `[0].nonsense`"),
        ({"deliver": ["nowhere"]}, "is delivered to `nowhere`, which is no channel"),
    ):
        status, said = await with_jobs.post("/api/jobs", {"jobs": [{**NIGHTLY, **more}]})
        assert status == 400, said
        assert error in said["error"]
    assert (await with_jobs.get("/api/jobs/nothing"))[0] == 404
    assert (await with_jobs.get("/api/jobs/nothing/runs"))[0] == 404
    await with_jobs.post("/api/jobs/nightly/pause", {})
    assert (await with_jobs.post("/api/jobs/nightly/pause", {}))[0] == 409


async def test_the_report_is_there_at_any_time_and_of_a_day_that_is_over(with_jobs: Service) -> None:
    status, page = await with_jobs.get("/api/report")
    assert (status, page["title"]) == (200, f"Daily report of {with_jobs.clock.now():%Y-%m-%d}: all is well")
    yesterday = with_jobs.clock.now() - timedelta(days=1)
    _, page = await with_jobs.get(f"/api/report?day={yesterday:%Y-%m-%d}")
    assert page["title"] == f"Daily report of {yesterday:%Y-%m-%d}: all is well"
    assert page["sections"][0] == "The day:\n- 0 incidents opened, 0 resolved, 0 open"
    assert (await with_jobs.get(f"/api/report?day={with_jobs.clock.now():%Y-%m-%d}"))[0] == 400
    assert (await with_jobs.get("/api/report?day=soon"))[0] == 400
