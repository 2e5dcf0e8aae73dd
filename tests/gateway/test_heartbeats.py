"""Heartbeats from outside: who is let in, by which methods, and what Alertmanager's Watchdog feeds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running, settings_for

from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.errors import UserError

TOKEN = "correct-horse-battery-staple"
BACKUP = {"name": "backup", "every": "1d", "token": "env:BACKUP_TOKEN"}
ALERTMANAGER = {"kind": "alertmanager", "bearer": "env:BACKUP_TOKEN", "watchdog": "prometheus"}
PROMETHEUS = {"name": "prometheus", "every": "1h"}


@pytest.fixture
async def beating(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("BACKUP_TOKEN", TOKEN)
    async with running(tmp_path, clock, heartbeats=[BACKUP, PROMETHEUS], hooks=[ALERTMANAGER]) as made:
        yield made


async def ping(service: Service, path: str, method: str = "GET", token: str = TOKEN, body: bytes = b"") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with service.http.request(method, service.gateway.url + path, headers=headers, data=body) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


async def state(service: Service, name: str = "backup") -> dict[str, Any]:
    _, found = await service.get("/api/heartbeats")
    return next(one for one in found if one["name"] == name)


async def test_any_method_reports_and_an_exit_code_says_how_it_went(beating: Service) -> None:
    assert (await state(beating))["state"] == "waiting"
    assert await ping(beating, "/heartbeats/backup") == (200, {"heartbeat": "backup", "state": "up"})
    assert (await ping(beating, "/heartbeats/backup", "HEAD"))[0] == 200
    assert (await ping(beating, "/heartbeats/backup/start", "POST"))[1]["state"] == "started"
    assert (await ping(beating, "/heartbeats/backup/3", "POST", body=b"no space left"))[1]["state"] == "down"
    opened = await beating.happens("incident.opened")
    _, incident = await beating.get(f"/api/incidents/{opened['incident']}")
    assert incident["findings"][0]["summary"] == "backup failed with exit code 3"
    assert "no space left" in str(incident["findings"])
    assert (await ping(beating, "/heartbeats/backup/0", "POST"))[1]["state"] == "up"
    await beating.happens("incident.closed")
    assert (await state(beating))["said"] == "no space left"


async def test_a_token_in_the_address_does_and_a_stranger_learns_nothing(beating: Service) -> None:
    assert (await ping(beating, f"/heartbeats/backup?token={TOKEN}", token=""))[0] == 200
    refused = [
        await ping(beating, path, token=token)
        for path, token in (
            ("/heartbeats/backup", "wrong"),
            ("/heartbeats/backup", ""),
            ("/heartbeats/prometheus", TOKEN),
            ("/heartbeats/prometheus", ""),
            ("/heartbeats/nowhere", ""),
            ("/heartbeats/backup?token=ünbekannt", ""),
        )
    ]
    assert [status for status, _ in refused] == [401] * 6
    assert refused[0][1]["error"] == "there is no heartbeat `backup` with this token"
    for path in ("/heartbeats/backup/256", "/heartbeats/backup/soon", "/heartbeats/backup/-1"):
        assert (await ping(beating, path))[0] == 404


async def test_the_end_of_a_long_log_is_kept_and_one_that_reports_too_often_is_told(beating: Service) -> None:
    assert (await ping(beating, "/heartbeats/backup", "POST", body=b"x" * 1_000_000 + b" all done"))[0] == 200
    assert (await state(beating))["said"].endswith("all done")
    statuses = [(await ping(beating, "/heartbeats/backup", token="wrong"))[0] for _ in range(60)]
    assert (statuses[0], statuses[-1]) == (401, 429), "whoever guesses is slowed, too"


async def test_the_watchdog_feeds_a_heartbeat_and_is_no_alert(beating: Service) -> None:
    one = {"status": "firing", "labels": {"alertname": "Watchdog"}, "fingerprint": "w"}
    assert (await ping(beating, "/hooks/alertmanager", "POST", body=json.dumps({"version": "4", "alerts": [one]}).encode()))[0] == 202
    assert (await state(beating, "prometheus"))["state"] == "up"
    over = {"version": "4", "alerts": [{**one, "status": "resolved"}]}
    await ping(beating, "/hooks/alertmanager", "POST", body=json.dumps(over).encode())
    _, incidents = await beating.get("/api/incidents?all=true")
    assert incidents == []


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"heartbeats": [PROMETHEUS]}, "`heartbeats[0]` has no `token`, so anybody could say that all is well"),
        ({"heartbeats": [BACKUP, BACKUP]}, "heartbeats: `backup` is named twice"),
        ({"heartbeats": [{**BACKUP, "estate": "hous"}]}, "there is no estate `hous`"),
        ({"heartbeats": [{**BACKUP, "every": "0s"}]}, "`heartbeats[0].every` must be at least 1s"),
        ({"heartbeats": [{**BACKUP, "schedule": "0 3 * * *"}]}, "`heartbeats[0]` needs one of `every` and `schedule`"),
        ({"heartbeats": [{**BACKUP, "every": None, "schedule": "at 2027-01-01"}]}, "`heartbeats[0].schedule` comes once"),
        ({"heartbeats": [BACKUP], "hooks": [{**ALERTMANAGER, "watchdog": "backupp"}]}, "names no heartbeat `backupp`"),
        ({"heartbeats": [{**BACKUP, "token": "env:NOT_THERE"}]}, "the secret `env:NOT_THERE` is not in the environment"),
    ],
)
def test_a_wrong_heartbeat_stops_the_start_in_one_sentence(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, more: Any, what: str
) -> None:
    monkeypatch.setenv("BACKUP_TOKEN", TOKEN)
    with pytest.raises(UserError) as refused:
        Stead.build(settings_for(tmp_path, **more), clock=clock).store.close()
    assert what in refused.value.what
