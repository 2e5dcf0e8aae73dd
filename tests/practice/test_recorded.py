"""What a real 1.36 server answered, asked again: every recorded exchange is answered alike, or stands in the list of known differences.

`recorded.json` holds the recorded requests with their answers, each cut down to what is compared: status, kind, reason, message, details,
warnings, columns, resources and the shape (which fields, of which type). Requests follow one another: later ones build on what earlier
ones made. What a real cluster generated (the names of pods, uids, versions) is replaced by ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

HERE = Path(__file__)
PAGE = HERE.parents[2] / "docs/practice-cluster.md"
EXCHANGES: list[dict[str, Any]] = json.loads(HERE.with_name("recorded.json").read_text())
RECORDED_POD = "web-67b4868f88-59wrx"
RECORDED_UID = "f26d6a83-66dd-4e5b-b44d-c90608e3ff8c"
SECONDS = {"create deployment": 5, "status get": 5, "pending pod": 5, "pdb": 1}
"""How long the cluster is left alone after an exchange; 0.2 s where nothing is said."""

KNOWN: dict[str, dict[str, str]] = {
    "core resources": {"resources": "`componentstatuses`, deprecated since 1.19, is not served"},
    "livez verbose": {"text": "five checks stand for the forty of a real server"},
    "table nodes": {"shape": "nodes lack the `beta.kubernetes.io` labels and the `node.alpha.kubernetes.io/ttl` annotation"},
    "status get": {"shape": "a pod whose image is on its node runs at once: the recorded scale-up was still under way"},
    "log": {"text": "the lines of a log are those of the image catalogue"},
    "quota exceeded": {"message": "the recorded namespace held one more ConfigMap, put there by its distribution"},
    "namespace terminating": {"shape": "the conditions of a namespace that ends are there at once, not after a moment"},
}
"""By exchange: what differs, and why. Each reason stands in docs/practice-cluster.md, too."""


async def test_every_recorded_exchange_is_answered_alike_or_known_to_differ(stage, client_of):
    replay = Replay(stage, client_of)
    found: dict[str, Any] = {}
    for exchange in EXCHANGES:
        seen, expected = await replay.ask(exchange), exchange["response"]
        for part in ("resources", "groups"):  # the recording holds the first few
            if part in expected:
                seen[part] = {name: about for name, about in seen[part].items() if name in expected[part]}
        differing = {part for part in seen | expected if seen.get(part) != expected.get(part)}
        if differing != set(KNOWN.get(exchange["name"], ())):
            found[exchange["name"]] = {part: (seen.get(part), expected.get(part)) for part in differing} or "no longer differs: unlist it"
        await stage.wait(SECONDS.get(exchange["name"], 0.2))
    assert found == {}


def test_all_of_the_recording_is_asked_and_only_exchanges_of_it_are_excused():
    names = [exchange["name"] for exchange in EXCHANGES]
    assert len(names) == len(set(names)) == 122
    assert set(KNOWN) <= set(names)


@pytest.mark.parametrize("name", KNOWN)
def test_the_page_says_what_differs(name: str):
    page = PAGE.read_text(encoding="utf-8")
    for reason in KNOWN[name].values():
        assert f"| `{name}` | {reason} |" in page


class Replay:
    """Asks as it was asked then, with today's names in the place of those of then."""

    def __init__(self, stage, client_of) -> None:
        self.stage = stage
        stage.cluster.user("nobody", groups=["nobodies"])
        self.users = {"admin-token": client_of("admin"), "nobody-token": client_of("nobody"), "none": client_of(None)}
        self.users["wrong"] = client_of("admin")
        self.users["wrong"].token = "wrong"
        place = {"topology.kubernetes.io/region": "r", "topology.kubernetes.io/zone": "z"}
        for node in ("node-1", "node-2", "node-3"):  # the recorded nodes had their place in the world on them
            stage.cluster.edit("Node", "", node, lambda obj: obj["metadata"].setdefault("labels", {}).update(place))
        self.token = self.last = ""

    async def ask(self, exchange: dict[str, Any]) -> dict[str, Any]:
        request = exchange["request"]
        path, client = self.path(exchange["name"], request["path"]), self.users[request["token"]]
        if exchange["response"].keys() & {"events", "begins"}:
            told = events(await self.watch(client, path, request.get("accept", "application/json")))
            cut = "begins" in exchange["response"]  # the recording ends within the first event
            return {"status": 200, **({"begins": told[0][0]} if cut else {"events": told})}
        kind, body = request.get("contentType", "application/json"), self.body(exchange["name"], request.get("body"))
        pod, uid = self.pod(), self.uid()
        answer = await client(request["method"], path, body, kind=kind, accept=request.get("accept", "application/json"))
        text = json.dumps(answer.body).replace(pod, RECORDED_POD).replace(uid or RECORDED_UID, RECORDED_UID)
        if exchange["name"] == "page 1":
            self.token = answer.body["metadata"]["continue"]
        return reduced(answer.status, answer.headers, json.loads(text))

    def pod(self) -> str:
        """The first pod of `web`, and the same one for as long as it is there."""
        pods = [pod["metadata"]["name"] for pod in self.stage.cluster.list("Pod", "rec")]
        if self.last not in pods:
            self.last = next((name for name in pods if name.startswith("web")), RECORDED_POD)
        return self.last

    def uid(self) -> str:
        return (self.stage.cluster.get("ConfigMap", "rec", "cm") or {"metadata": {"uid": ""}})["metadata"]["uid"]

    def path(self, name: str, path: str) -> str:
        version = self.stage.cluster.resource_version
        path = path.replace(RECORDED_POD, self.pod()).replace("resourceVersion=370", f"resourceVersion={version}")
        return f"/api/v1/pods?limit=1&continue={self.token}" if name == "page 2" else path

    def body(self, name: str, body: Any) -> Any:
        """A recorded PUT names the uid and the version of then."""
        live = self.stage.cluster.get("ConfigMap", "rec", "cm")
        if isinstance(body, dict) and live and "uid" in body.get("metadata", {}):
            version = live["metadata"]["resourceVersion"] if name == "put" else "1"
            return {**body, "metadata": {**body["metadata"], "uid": live["metadata"]["uid"], "resourceVersion": version}}
        return body

    async def watch(self, client, path: str, accept: str) -> list[dict[str, Any]]:
        """What a watch says before the first change: one is made, and ends the list."""
        kind, name = ("Deployment", "web") if "deployments" in path else ("Pod", self.pod())
        found: list[dict[str, Any]] = []
        headers = {"Authorization": f"Bearer {client.token}", "Accept": accept}
        async with client.session.get(URL(self.stage.cluster.url + path, encoded=True), headers=headers) as answer:
            self.stage.cluster.edit(kind, "rec", name, lambda obj: obj["metadata"].update(annotations={"end": "of list"}))
            while b'"end":"of list"' not in (line := await answer.content.readline()):
                found.append(json.loads(line))
        self.stage.cluster.edit(kind, "rec", name, lambda obj: obj["metadata"].update(annotations={}))
        return found


def reduced(status: int, headers: Any, body: Any) -> dict[str, Any]:
    """What is compared of an answer."""
    seen: dict[str, Any] = {"status": status}
    if headers.get("Warning"):
        seen["warning"] = headers["Warning"]
    if not isinstance(body, dict):
        return {**seen, "text": body}
    seen |= {name: body[name] for name in ("kind", "apiVersion", "reason", "message", "details") if name in body}
    if body.get("kind") == "Table":
        seen["columns"] = [[c["name"], c["type"], c["format"], c["priority"]] for c in body.pop("columnDefinitions") or ()]
    if body.get("kind") == "APIResourceList":
        seen["resources"] = {one["name"]: {**one, "storageVersionHash": ""} for one in body.pop("resources")}
    if body.get("kind") in ("APIGroupList", "APIGroupDiscoveryList"):
        several = body.pop("groups", None) or body.pop("items")
        seen["groups"] = {one.get("name") or one["metadata"].get("name", ""): shape(one) for one in several}
    return {**seen, "shape": shape(body)}


def events(found: list[dict[str, Any]]) -> list[Any]:
    """The types of a watch's events in their order, equal neighbours as one, each with the shape of the first of them."""
    told: list[Any] = []
    for event in found:
        if not told or told[-1][0] != event["type"]:
            told.append([event["type"], shape(event["object"])])
    return told


def shape(tree: Any) -> Any:
    """Which fields there are and of which type; of a list, its first item's. Who manages which field is left out."""
    if isinstance(tree, dict):
        return {name: shape(value) for name, value in sorted(tree.items()) if name != "managedFields"}
    if isinstance(tree, list):
        return [shape(item) for item in tree[:1]]
    return type(tree).__name__
