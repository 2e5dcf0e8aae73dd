"""`stead stop` stops everything at once, whatever was allowed before; `resume` has it looked at anew."""

from __future__ import annotations

from typing import Any

from stead.store.tokens import Scope


async def states(service: Any) -> list[str]:
    return [action["state"] for action in (await service.get("/api/incidents/1"))[1]["actions"]]


async def test_what_waits_is_called_off_and_asked_anew_after_the_resume(open_door: Any) -> None:
    status, told = await open_door.post("/api/stop", {"reason": "I do not trust it tonight"})
    assert (status, told["stopped"], told["by"], told["reason"]) == (200, True, "token:admin", "I do not trust it tonight")
    assert (await open_door.get("/api/approvals"))[1] == []
    assert await states(open_door) == ["void"]
    assert (await open_door.get("/api/incidents/1"))[1]["state"] == "escalated"
    assert (await open_door.get("/api/status"))[1]["stop"]["stopped"]

    status, told = await open_door.post("/api/resume", {})
    assert (status, told) == (200, {"stopped": False})
    lifted = (await open_door.happens("stop.lifted"))["seq"]
    await open_door.happens("approval.asked", lifted)
    assert await states(open_door) == ["void", "awaiting_approval"]


async def test_what_is_found_while_stopped_is_told_and_not_done(service: Any) -> None:
    await service.post("/api/stop", {"reason": ""})
    service.door.write_text("wide open\n")
    made = (await service.happens("decision.made"))["data"]
    assert (made["verdict"], made["rules"]) == ("deny", ["stop"])
    assert "was stopped by token:admin" in made["why"]
    assert not [event for event in await service.stead.events() if event["name"] in ("approval.asked", "action.intent")]


async def test_a_yes_that_comes_after_the_stop_starts_nothing(open_door: Any) -> None:
    _, pending = await open_door.get("/api/approvals")
    await open_door.post("/api/stop", {"reason": ""})
    status, said = await open_door.post(f"/api/approvals/{pending[0]['id']}/decision", {"decision": "approve"})
    assert (status, "is void already" in said["error"]) == (409, True)
    assert not [event for event in await open_door.stead.events() if event["name"] == "action.intent"]


async def test_only_who_may_approve_stops_and_resumes(service: Any) -> None:
    reader = await service.token("reader", Scope.READ)
    assert (await service.post("/api/stop", {"reason": ""}, token=reader))[0] == 403
    assert (await service.get("/api/stop", token=reader)) == (200, {"stopped": False})
    assert (await service.post("/api/resume", {}))[0] == 409
    await service.post("/api/stop", {"reason": "first"})
    _, again = await service.post("/api/stop", {"reason": "second"})
    assert again["reason"] == "first", "the first word stands"
