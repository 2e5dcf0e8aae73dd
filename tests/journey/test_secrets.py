"""Secrets that lie about in logs, manifests, environments, questions and a model's own words are in nothing that Stead keeps or sends.

Every kind that the redactor knows is planted at once. Then the bytes are searched: the database with its WAL, all other files of the state
folder, the service's log, what the chat received, what the model was sent, the event stream and the API's answers.
"""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from tests.domain.test_redaction import PLANTED

from stead.practice import house
from stead.practice.images import Image
from stead.practice.model_server import Answer, Json, model_server

LEAKY = "registry.example.com/leaky:1"
AT = {"namespace": "payments"}
LOOKS = [
    ("k8s_logs", {**AT, "pod": "leaky", "previous": True}),
    ("k8s_get", {**AT, "kind": "deploy", "name": "leaky"}),
    ("k8s_describe", {**AT, "kind": "deploy", "name": "leaky"}),
    ("k8s_get", {**AT, "kind": "cm", "name": "leaky"}),
    ("k8s_describe", {**AT, "kind": "cm", "name": "leaky"}),
    ("k8s_get", {**AT, "kind": "secret", "name": "leaky"}),
    ("k8s_events", {**AT}),
    ("k8s_list", {**AT, "kind": "pods"}),
]
TEXTS = {name: template.format(secret) for name, (template, secret) in PLANTED.items()}
SECRETS = {name: secret for name, (_, secret) in PLANTED.items() if "\n" not in secret and len(secret) < 500}
"""Those whose value is one line, by what they are called; of a key in PEM each line is looked for."""
LINES = {f"{name}, line {n}": line for name, (_, secret) in PLANTED.items() if "\n" in secret for n, line in enumerate(secret.split("\n"))}


def leak(cluster: Any) -> None:
    """A program that crashes, and on its way says and is given whatever should not be said."""
    cluster.image(LEAKY, Image(exit_code=1, exit_after=1, logs=[line for text in TEXTS.values() for line in text.split("\n")]))
    copy = json.dumps({"kind": "Secret", "data": {"password": base64.b64encode(b"swordfish").decode()}})
    env = [{"name": f"{name.upper()}_PASSWORD", "value": "swordfish"} for name in ("db", "admin")]
    env += [{"name": f"SETTING_{n}", "value": text} for n, text in enumerate(TEXTS.values())]
    leaky = house.deployment("payments", "leaky", LEAKY, 1, node="node-1", env=env)
    leaky["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": copy, "example.com/note": TEXTS["url"]}
    data = {f"part-{n}": text for n, text in enumerate(TEXTS.values())}
    meta = {"name": "leaky", "namespace": "payments"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"password": "swordfish"}}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}, secret, leaky)


def think(body: Json) -> Answer:
    """Looks at everything, and then repeats all that was planted, as a model might that has read it elsewhere."""
    if not any(message["role"] == "tool" for message in body["messages"]):
        return Answer(text="\n".join(TEXTS.values()), calls=LOOKS)
    if any("The conversation" in str(m["content"]) or "A person asks" in str(m["content"]) for m in body["messages"]):
        return Answer(text="\n".join(TEXTS.values()))
    at_fault = {"kind": "Deployment", "namespace": "payments", "name": "leaky"}
    claims = [{"claim": text, "by": ["E1"]} for text in TEXTS.values()]
    made = {"cause": TEXTS["environment"], "at_fault": at_fault, "confidence": "high", "evidence": claims, "impact": TEXTS["flag"]}
    return Answer(calls=[("conclude", made)])


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Its bytes lie in a file that can be searched."""
    return sqlite_url


async def test_nothing_that_is_kept_or_sent_holds_a_secret(world: Any) -> None:
    async with model_server(think) as server:
        leak(world.cluster)
        await world.pass_minutes(3)
        world.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url, "context": 200_000}]
        process = await world.start()

        async def concluded() -> bool:
            return bool([run for run in await world.get("/api/runs") if run["ending"]])

        await world.until(concluded)
        session = (await world.call("POST", "/api/sessions", {}))["id"]
        for text in ("\n".join(TEXTS.values()), TEXTS["flag"]):
            asked = {"text": text[:9000], "attached": "\n\n".join(TEXTS.values())[:30_000]}
            await world.call("POST", f"/api/sessions/{session}/messages?wait=60", asked)
        told = {
            "the chat": json.dumps(world.chat.told).encode(),
            "the model": json.dumps(server.requests).encode(),
            "the service's log": world.log(process).encode(),
            "the API": await _answers(world, session),
            "the event stream": await _stream(world),
            **_files(world.folder / "state"),
        }
    assert len(server.requests) >= 6 and world.chat.told
    assert b"[redacted]" in told["the model"] and any(name.endswith("-wal") for name in told)
    leaks = {f"{name} in {place}" for place, seen in told.items() for name, secret in (SECRETS | LINES).items() if _holds(seen, secret)}
    assert leaks == set()


def _holds(seen: bytes, secret: str) -> bool:
    """As it is, in a URL, in JSON once and twice."""
    once = json.dumps(secret)[1:-1]
    forms = {secret, quote(secret, safe=""), once, json.dumps(once)[1:-1], base64.b64encode(secret.encode()).decode()}
    return any(form.encode() in seen for form in forms)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _answers(world: Any, session: str) -> bytes:
    found = [await world.get(f"/api/incidents/{row['id']}") for row in await world.get("/api/incidents?all=true")]
    found += [await world.get(f"/api/runs/{row['id']}") for row in await world.get("/api/runs")]
    found += [await world.get(f"/api/sessions/{session}"), await world.get("/api/changes"), await world.get("/api/events")]
    return json.dumps(found).encode()


async def _stream(world: Any) -> bytes:
    """The event stream from its beginning to what is there now."""
    last = (await world.get("/api/events?limit=1000"))[-1]["seq"]
    port = (world.folder / "port").read_text()
    token = (world.folder / ".local" / "share" / "stead-cli" / f"127.0.0.1-{port}.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    seen = b""
    async with (
        asyncio.timeout(20),
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"http://127.0.0.1:{port}/api/events", headers=headers) as answer,
    ):
        async for piece in answer.content.iter_any():
            seen += piece
            if f"id: {last}\n".encode() in seen:
                break
    return seen
