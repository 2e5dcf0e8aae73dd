"""Reading and deciding over HTTP, as a person's tools do it."""

from __future__ import annotations

from typing import Any

from stead.store.tokens import Scope


async def test_the_colour_is_green_until_something_is_wrong(service: Any) -> None:
    status, before = await service.get("/api/status")
    service.door.write_text("wide open\n")
    await service.happens("incident.opened")
    _, after = await service.get("/api/status")
    assert (status, before["colour"], after["colour"]) == (200, "green", "amber")
    assert (before["incidents"]["open"], after["incidents"]["open"]) == (0, 1)


async def test_an_incident_is_told_as_a_whole_by_either_way_of_writing_its_number(open_door: Any) -> None:
    _, listed = await open_door.get("/api/incidents")
    number = listed[0]["id"]
    _, story = await open_door.get(f"/api/incidents/{number}")
    _, same = await open_door.get(f"/api/incidents/{number.removeprefix('I-')}")
    assert story["cause"]["summary"] == "the front door is open"
    assert story["actions"][0]["rules"] == ["ask"]
    assert story == same


async def test_what_does_not_exist_is_said_in_a_sentence(service: Any) -> None:
    assert await service.get("/api/incidents/I-7") == (
        404,
        {"error": "there is no incident I-7", "hint": "`stead incidents --all` lists them"},
    )
    status, said = await service.get("/api/incidents/seven")
    assert (status, said["error"]) == (400, "`seven` is not a number like I-41")
    assert (await service.get("/api/nothing"))[0] == 404
    assert (await service.call("DELETE", "/api/incidents"))[0] == 405


async def test_a_yes_is_written_down_with_who_said_it_and_counts_once(open_door: Any) -> None:
    phone = await open_door.token("phone", Scope.APPROVE)
    _, pending = await open_door.get("/api/approvals")
    path = f"/api/approvals/{pending[0]['id']}/decision"
    status, decided = await open_door.post(path, {"decision": "approve", "reason": "it rains"}, token=phone)
    again, said = await open_door.post(path, {"decision": "deny"}, token=phone)
    assert (status, decided["state"], decided["decided_by"], decided["decision_reason"]) == (200, "approved", "token:phone", "it rains")
    assert (again, "approved" in said["error"]) == (409, True)
    assert (await open_door.get("/api/approvals"))[1] == []


async def test_a_no_leaves_the_world_alone(open_door: Any) -> None:
    _, pending = await open_door.get("/api/approvals")
    _, decided = await open_door.post(f"/api/approvals/{pending[0]['number']}/decision", {"decision": "deny"})
    await open_door.happens("incident.moved", (await open_door.happens("approval.decided"))["seq"])
    assert decided["state"] == "denied"
    assert not [event for event in await open_door.stead.events() if event["name"] == "action.intent"]
    assert open_door.door.exists()


async def test_only_the_two_words_decide_and_only_by_post(open_door: Any) -> None:
    _, pending = await open_door.get("/api/approvals")
    path = f"/api/approvals/{pending[0]['id']}/decision"
    refused = [
        await open_door.post(path, {"decision": word}) for word in ("approved", "yes", "", "APPROVE", None, ["approve"], {"approve": 1})
    ]
    refused += [await open_door.post(path, body) for body in ({}, [], "approve", {"decision": "approve", "force": True})]
    assert {status for status, _ in refused} == {400}
    assert (await open_door.get(path + "?decision=approve"))[0] == 405
    assert (await open_door.get("/api/approvals"))[1][0]["state"] == "pending"


async def test_a_note_is_kept_with_the_incident(open_door: Any) -> None:
    _, listed = await open_door.get("/api/incidents")
    path = f"/api/incidents/{listed[0]['id']}"
    status, _ = await open_door.post(f"{path}/notes", {"text": "the cat did it"})
    _, story = await open_door.get(path)
    assert (status, story["messages"][0]["text"], story["messages"][0]["author"]) == (200, "the cat did it", "token:admin")
    assert (await open_door.post(f"{path}/notes", {"text": "  "}))[0] == 400
    assert (await open_door.post("/api/incidents/I-99/notes", {"text": "hello"}))[0] == 404


async def test_events_come_in_pages_from_where_one_left_off(open_door: Any) -> None:
    _, everything = await open_door.get("/api/events")
    _, page = await open_door.get("/api/events?after=1&limit=2")
    assert page == everything[1:3]
    assert [event["seq"] for event in everything] == sorted({event["seq"] for event in everything})
    for wrong in ("after=-1", "limit=0", "limit=100000", "after=x", f"after={2**70}"):
        assert (await open_door.get(f"/api/events?{wrong}"))[0] == 400


async def test_health_needs_no_token_and_readiness_ends_with_the_service(service: Any) -> None:
    assert await service.get("/healthz", token=None) == (200, {"status": "ok"})
    assert await service.get("/readyz", token=None) == (200, {"ready": True})
    await service.stead.stop()
    assert await service.get("/readyz", token=None) == (503, {"ready": False})


async def test_metrics_count_what_is_open_and_what_was_asked(open_door: Any) -> None:
    await open_door.get("/api/incidents/I-1")
    await open_door.get("/api/incidents/I-2")
    status, text = await open_door.get("/metrics", token=None)
    assert status == 200
    assert 'stead_incidents{state="awaiting_approval"} 1.0' in text
    assert 'stead_findings{severity="warning",state="firing"} 1.0' in text
    assert 'stead_http_requests_total{method="GET",route="/api/incidents/{number}",status="404"} 1.0' in text
    assert "process_resident_memory_bytes" in text


async def test_the_api_describes_itself(service: Any) -> None:
    status, description = await service.get("/api/openapi.json")
    assert status == 200
    assert "/api/approvals/{number}/decision" in description["paths"]
