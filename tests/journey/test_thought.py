"""`kill -9` in the middle of an investigation: it goes on where it was, no look is mixed up, and no answer is paid for twice."""

from __future__ import annotations

from typing import Any

from tests.journey.test_kill import THOUGHT

from stead.practice.model_server import Answer, Json, model_server

LOOKS = [
    ("k8s_logs", {"namespace": "payments", "pod": "api", "previous": True}),
    ("k8s_list", {"kind": "configmaps", "namespace": "payments"}),
    ("k8s_events", {"namespace": "payments"}),
]
CONCLUDES = {
    "cause": "ConfigMap payments/api-config lost its key database-url.",
    "at_fault": {"kind": "ConfigMap", "namespace": "payments", "name": "api-config"},
    "confidence": "high",
    "evidence": [{"claim": "the program says what it misses", "by": ["E1"]}, {"claim": "an oracle says so", "by": ["E7"]}],
    "actions": [
        {
            "verb": "rollback_revision",
            "target": {"kind": "Deployment", "namespace": "payments", "name": "api"},
            "parameters": {"to_revision": 1},
            "reason": "go back",
        }
    ],
}


def think(body: Json) -> Answer:
    """Three looks at once, then a conclusion."""
    seen = [message for message in body["messages"] if message["role"] == "tool"]
    return Answer(calls=[("conclude", CONCLUDES)] if seen else LOOKS)


async def test_one_investigation_survives_all_of_them(world: Any) -> None:
    await world.break_a_configuration()
    async with model_server(think) as server:
        world.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        for point in THOUGHT:
            await world.dies_at(point)

        await world.start()
        asked = await world.asked()
        runs = await world.get("/api/runs")
        run = await world.get(f"/api/runs/{runs[-1]['id']}")

    assert server.sizes[0] <= 12_000, "the whole first request, tools and all"
    assert run["ending"] == "parked" and [r["id"] for r in runs] == ["R-1"]
    looks = {step["evidence"]: step for step in run["steps"] if step["kind"] == "tool"}
    assert [looks[f"E{n}"]["tool"] for n in (1, 2, 3)] == [tool for tool, _ in LOOKS]
    assert looks["E1"]["text"].startswith("log of api-") and "DATABASE_URL" in looks["E1"]["text"]
    assert "NAME" in looks["E2"]["text"] and "api-config" in looks["E2"]["text"]
    assert "BackOff" in looks["E3"]["text"]
    # A call that was written down is not made again; the one under way at the crash after it was not written yet.
    assert len(server.requests) == 3
    assert [claim["claim"] for claim in run["conclusion"]["struck"]] == ["an oracle says so"]
    assert [row["number"] for row in await world.get("/api/approvals")] == [asked], "one question, asked once"
    whole = await world.get(f"/api/incidents/{run['incident']}")
    assert [(a["proposer"], a["verdict"]) for a in whole["actions"] if a["verb"] == "rollback_revision"] == [
        ("investigator", "needs_approval")
    ]
