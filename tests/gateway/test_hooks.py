"""The ways in for other systems, from outside: who is let in, what is refused, and that 202 means stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Service, running, settings_for

from stead.app.wiring import Stead
from stead.clocks import SteppedClock
from stead.domain.errors import UserError
from stead.practice.model_server import Answer, model_server

TOKEN = "correct-horse-battery-staple"
WAYS: Mapping[str, Any] = {
    "bearer": {"bearer": "env:HOOK_SECRET"},
    "basic": {"basic": {"user": "prometheus", "password": "env:HOOK_SECRET"}},
    "hmac": {"hmac": "env:HOOK_SECRET"},
}


def group(*alerts: Mapping[str, Any], **more: Any) -> bytes:
    one = {"status": "firing", "labels": {"alertname": "DiskFull", "instance": "house:9100"}, "fingerprint": "f1"}
    return json.dumps({"version": "4", "alerts": [{**one, **alert} for alert in alerts or ({},)], **more}).encode()


def signature(body: bytes, at: float, key: str = TOKEN) -> dict[str, str]:
    stamp = str(int(at))
    digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Stead-Timestamp": stamp, "X-Stead-Signature": f"sha256={digest}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def send(service: Service, body: bytes, path: str = "/hooks/alertmanager", **headers: str) -> tuple[int, Any]:
    async with service.http.post(
        service.gateway.url + path, data=io.BytesIO(body), headers=headers or {"Authorization": f"Bearer {TOKEN}"}
    ) as answer:
        return answer.status, await answer.json()


@pytest.fixture
async def hooked(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """A service with a hook of Alertmanager's, known by a bearer token unless the test says otherwise."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOOK_SECRET", TOKEN)
    more: dict[str, Any] = getattr(request, "param", WAYS["bearer"])
    async with running(tmp_path, clock, hooks=[{"kind": "alertmanager", **more}]) as made:
        yield made


async def test_what_is_answered_with_202_is_stored(hooked: Service) -> None:
    assert await send(hooked, group({}, {"fingerprint": "f2"})) == (202, {"heard": 2})
    opened = await hooked.happens("incident.opened")
    _, incident = await hooked.get(f"/api/incidents/{opened['incident']}")
    (finding,) = incident["findings"]
    assert finding["check"] == "alertmanager/DiskFull"
    assert "Host house" in str(finding)


@pytest.mark.parametrize("hooked", [WAYS["basic"]], indirect=True)
async def test_basic_authentication(hooked: Service) -> None:
    assert (await send(hooked, group(), **basic("prometheus", TOKEN)))[0] == 202
    for wrong in (basic("prometheus", "x"), basic("x", TOKEN), {"Authorization": "Basic ?"}, {"Authorization": "Basic é"}, {"X-No": "1"}):
        status, said = await send(hooked, group(), **wrong)
        assert (status, said["error"]) == (401, "the hook `alertmanager` does not know this sender")


@pytest.mark.parametrize("hooked", [WAYS["hmac"]], indirect=True)
async def test_a_signature_is_over_this_body_and_not_from_long_ago(hooked: Service) -> None:
    body, now = group(), hooked.clock.now().timestamp()
    assert (await send(hooked, body, **signature(body, now - 200)))[0] == 202
    for wrong in (
        signature(body, now - 400),
        signature(body, now + 400),
        signature(body + b" ", now),
        signature(body, now, "other"),
        {**signature(body, now), "X-Stead-Timestamp": "soon"},
        {"X-No": "1"},
    ):
        assert (await send(hooked, body, **wrong))[0] == 401


GENERIC = {
    "kind": "generic",
    "name": "mail",
    "map": {"name": "title", "resolved": "state == 'ok'", "summary": "text", "subject": {"host": "machine"}},
}


@pytest.mark.parametrize("hooked", [{**WAYS["bearer"], **GENERIC}], indirect=True)
async def test_json_of_any_system_becomes_an_incident_and_its_end_by_a_mapping(hooked: Service) -> None:
    sent = {"title": "QueueFull", "text": "2,000 letters wait.", "machine": "house", "state": "bad", "password": "hunter2-and-more"}
    assert await send(hooked, json.dumps(sent).encode(), "/hooks/generic/mail") == (202, {"heard": 1})
    opened = await hooked.happens("incident.opened")
    _, incident = await hooked.get(f"/api/incidents/{opened['incident']}")
    assert incident["findings"][0]["check"] == "mail/QueueFull"
    assert incident["findings"][0]["subject"]["kind"] == "Host"
    assert "hunter2" not in str(incident)
    refused = await send(hooked, b'{"title": "QueueFull", "state": 7, "machine": "house"', "/hooks/generic/mail")
    assert refused == (400, {"error": "this is nothing that generic sends: the body is not JSON", "hint": refused[1]["hint"]})
    assert (await send(hooked, json.dumps({**sent, "state": "ok"}).encode(), "/hooks/generic/mail"))[0] == 202
    await hooked.happens("incident.closed")


async def test_a_stranger_is_refused_before_anything_is_read(hooked: Service) -> None:
    for wrong in ("Bearer wrong", f"Bearer {TOKEN}x", "Bearer", TOKEN, "Bearer ünbekannt"):
        assert (await send(hooked, b"{", Authorization=wrong))[0] == 401
    assert (await hooked.get("/api/incidents?all=true"))[1] == []


async def test_a_token_of_the_api_opens_no_hook_and_the_hooks_secret_no_api(hooked: Service) -> None:
    assert (await send(hooked, group(), Authorization=f"Bearer {hooked.all_powerful}"))[0] == 401
    assert (await hooked.get("/api/status", token=TOKEN))[0] == 401


async def test_what_is_no_group_of_alerts_is_refused(hooked: Service) -> None:
    status, said = await send(hooked, b'{"version": "4", "alerts": 7}')
    assert (status, said["error"]) == (400, "this is nothing that alertmanager sends: `alerts` is not a list of objects")
    assert (await send(hooked, group(), "/hooks/grafana"))[0] == 404
    assert (await send(hooked, group(), "/hooks/alertmanager/other"))[0] == 404


async def test_a_group_may_be_larger_than_a_note_and_has_a_limit(hooked: Service) -> None:
    large = group({"annotations": {"description": "x" * 1_000_000}})
    assert (await send(hooked, large))[0] == 202
    status, said = await send(hooked, group({"annotations": {"description": "x" * 3_000_000}}))
    assert (status, said["error"]) == (413, "the request is larger than 2097152 bytes")


@pytest.mark.parametrize("hooked", [{**WAYS["bearer"], "per_minute": 3}], indirect=True)
async def test_who_sends_too_much_is_asked_to_come_back(hooked: Service) -> None:
    assert [(await send(hooked, group()))[0] for _ in range(4)] == [202, 202, 202, 503]
    async with hooked.http.post(hooked.gateway.url + "/hooks/alertmanager", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
        assert answer.headers["Retry-After"] == "20"
    hooked.clock.advance(timedelta(seconds=20))
    assert (await send(hooked, group()))[0] == 202


@pytest.mark.parametrize(
    ("hook", "what"),
    [
        ({"kind": "alertmanager"}, "`hooks[0]` has no authentication, so anybody could send to it"),
        ({"kind": "alertmanager", **WAYS["bearer"], **WAYS["hmac"]}, "`hooks[0]` has more than one authentication"),
        ({"kind": "alertmanger", **WAYS["bearer"]}, "there is no source of the kind `alertmanger`"),
        ({"kind": "alertmanager", "estate": "hous", **WAYS["bearer"]}, "there is no estate `hous`"),
        ({"kind": "alertmanager", "size": 3, **WAYS["bearer"]}, "unknown key `hooks[0].size`"),
        ({"kind": "alertmanager", "bearer": "hunter2"}, "`hooks[0].bearer` is given by reference, never as itself"),
        ({"kind": "alertmanager", "bearer": "env:NOT_THERE"}, "the secret `env:NOT_THERE` is not in the environment"),
    ],
)
def test_a_wrong_hook_stops_the_start_in_one_sentence(
    tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, hook: Any, what: str
) -> None:
    monkeypatch.setenv("HOOK_SECRET", TOKEN)
    with pytest.raises(UserError) as refused:
        Stead.build(settings_for(tmp_path, hooks=[hook]), clock=clock).store.close()
    assert what in refused.value.what
    assert refused.value.hint
    assert "hunter2" not in str(refused.value.what)


async def test_a_model_may_not_act_on_the_word_of_an_alert(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("HOOK_SECRET", TOKEN)
    concluded = {
        "cause": "The door.",
        "at_fault": {"kind": "Host", "name": "house"},
        "confidence": "high",
        "evidence": [{"claim": "the alert says so", "by": ["F1"]}],
        "actions": [{"verb": "close_door", "target": {"kind": "Host", "name": "house"}, "reason": "it is open"}],
    }
    policy = {"version": 1, "rules": [{"id": "yes", "verdict": "allow", "even_if_tainted": True, "when": {"verb": "close_door"}}]}
    async with model_server(lambda _: Answer(calls=[("conclude", concluded)])) as server:
        model = {"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}
        more = {"models": [model], "hooks": [{"kind": "alertmanager", **WAYS["bearer"]}], "policy": policy}
        async with running(tmp_path, clock, **more) as service:
            await send(service, group())
            decided = await service.happens("decision.made")
    assert decided["data"]["verdict"] == "deny"
    assert "only an alert says so (alertmanager/DiskFull)" in decided["data"]["why"]


PUSH = {"ref": "refs/heads/main", "after": "4" * 40, "repository": {"full_name": "ann/infra"}, "pusher": {"login": "ann"}}


@pytest.mark.parametrize("hooked", [{"kind": "git", **WAYS["hmac"]}], indirect=True)
@pytest.mark.parametrize(("header", "before"), [("X-Gitea-Signature", ""), ("X-Hub-Signature-256", "sha256=")])
async def test_a_signed_push_is_a_change_and_no_alert(hooked: Service, header: str, before: str) -> None:
    body = json.dumps(PUSH).encode()
    signed = {header: before + hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()}
    for _ in range(2):
        assert await send(hooked, body, "/hooks/git", **signed) == (202, {"heard": 1})
    _, changes = await hooked.get("/api/changes")
    assert [(change["revision"], change["manager"]) for change in changes] == [("main@4444444", "ann")], "once, however often it is sent"
    assert (await send(hooked, body + b" ", "/hooks/git", **signed))[0] == 401
    assert (await send(hooked, body, "/hooks/git", **{"X-No": "1"}))[0] == 401
    assert (await hooked.get("/api/incidents?all=true"))[1] == []
