"""What a real 1.36 server answered, asked again: the same status, reason, message and columns.

`recorded.json` is a sample of recorded exchanges, each cut down to what is compared. Requests follow one another: later ones
build on what earlier ones made. Names that a real cluster generated are replaced by ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EXCHANGES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("recorded.json").read_text())
RECORDED_POD = "web-67b4868f88-59wrx"
RECORDED_UID = "f26d6a83-66dd-4e5b-b44d-c90608e3ff8c"
NEEDS_TIME = ("create deployment", "scale patch", "strategic patch", "pending pod")


async def test_recorded_exchanges_are_answered_alike(stage, client_of):
    stage.cluster.user("nobody", groups=["nobodies"])
    users = {"admin-token": client_of("admin"), "nobody-token": client_of("nobody"), "none": client_of(None), "wrong": client_of("admin")}
    users["wrong"].token = "wrong"
    differing = []
    for exchange in EXCHANGES:
        request, expected = exchange["request"], exchange["response"]
        answer = await users[request["token"]](
            request["method"],
            path_here(stage, request["path"]),
            body_here(stage, request.get("body")),
            kind=request.get("contentType", "application/json"),
            accept=request.get("accept", "application/json"),
        )
        seen = reduced(answer, expected)
        if "message" in seen and live_uid(stage):
            seen["message"] = seen["message"].replace(live_uid(stage), RECORDED_UID)
        if seen != expected:
            differing.append((exchange["name"], {k: (seen.get(k), expected[k]) for k in expected if seen.get(k) != expected[k]}))
        await stage.wait(5 if exchange["name"] in NEEDS_TIME else 0.2)
    assert differing == []


def live_uid(stage) -> str:
    return (stage.cluster.get("ConfigMap", "rec", "cm") or {"metadata": {"uid": ""}})["metadata"]["uid"]


def path_here(stage, path: str) -> str:
    pods = [pod["metadata"]["name"] for pod in stage.cluster.list("Pod", "rec") if pod["metadata"]["name"].startswith("web")]
    return path.replace(RECORDED_POD, pods[0] if pods else "none").replace("resourceVersion=370", "resourceVersion=20")


def body_here(stage, body: Any) -> Any:
    """A recorded PUT names the uid and the version of then."""
    live = stage.cluster.get("ConfigMap", "rec", "cm")
    if isinstance(body, dict) and live and "uid" in body.get("metadata", {}):
        meta = {**body["metadata"], "uid": live["metadata"]["uid"], "resourceVersion": "1"}
        return {**body, "metadata": meta}
    return body


def reduced(answer, expected: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {"status": answer.status}
    if isinstance(answer.body, dict):
        seen |= {name: answer.body[name] for name in ("kind", "reason", "message", "details") if name in answer.body}
        if "columns" in expected:
            columns = answer.body.get("columnDefinitions") or ()
            seen["columns"] = [[c["name"], c["type"], c["format"], c["priority"]] for c in columns]
    if "details" not in expected:
        seen.pop("details", None)
    return seen
