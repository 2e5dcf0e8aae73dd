"""Many custom kinds on few connections: those without objects are asked now and then, and of very many those with objects take turns."""

from __future__ import annotations

import json
from typing import Any

from stead.checks.custom.custom_resource import custom_resource
from stead.estate.kubernetes.turns import AT_ONCE, OPEN

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
BUILT_IN = 12
"""More than the connections of the kinds that the check itself looks at, and of what belongs to them."""


def define(wire: Any, script: Any, count: int) -> list[str]:
    """A server with so many custom kinds; their paths."""
    events = [script.event("ADDED", definition(n)) for n in range(count)]
    wire.on(DEFINITIONS, script.Stream(*events, script.first_end()), watch=True)
    return [f"/apis/shop.example.com/v1/kind{n}s" for n in range(count)]


def definition(n: int) -> dict[str, Any]:
    names = {"plural": f"kind{n}s", "kind": f"Kind{n}"}
    spec = {"group": "shop.example.com", "names": names, "scope": "Namespaced", "versions": [{"name": "v1", "served": True}]}
    return {"metadata": {"name": f"kind{n}s.shop.example.com", "resourceVersion": "1"}, "spec": spec}


def widget(status: str, version: str = "5") -> dict[str, Any]:
    meta = {"name": "it", "namespace": "default", "uid": "u", "resourceVersion": version, "creationTimestamp": "2025-01-01T00:00:00Z"}
    return {"metadata": meta, "status": {"conditions": [{"type": "Ready", "status": status, "reason": "ConnectFailed"}]}}


def lines(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


async def test_kinds_without_objects_hold_no_connection(wire: Any, script: Any, watch: Any) -> None:
    paths = define(wire, script, 200)
    watching = watch(checks=[custom_resource])
    assert (await watching.next()).seen == ()
    await watching.nothing(within=600)
    assert not any(wire.asked(path, watch=True) for path in paths)
    asked = [len(wire.asked(path)) for path in paths]
    assert 8 <= min(asked) <= max(asked) <= 14
    assert all(one.query.get("limit") == "1" for path in paths for one in wire.asked(path)[1:])
    assert wire.most <= BUILT_IN + AT_ONCE


async def test_very_many_empty_kinds_ask_no_more_than_a_few_questions_a_second(wire: Any, script: Any, watch: Any) -> None:
    paths = define(wire, script, 600)
    watching = watch(checks=[custom_resource])
    assert (await watching.next()).seen == ()
    before = len(wire.requests)
    await watching.nothing(within=600)
    assert len(wire.requests) - before <= 600 * 5 + BUILT_IN * 4
    assert all(len(wire.asked(path)) >= 3 for path in paths)


async def test_the_first_object_of_an_empty_kind_is_found_and_then_watched(wire: Any, script: Any, watch: Any) -> None:
    path = define(wire, script, 3)[1]
    watching = watch(checks=[custom_resource])
    assert (await watching.next()).seen == ()
    stream = script.Stream()
    wire.on(path, script.answer(script.listing(widget("False"))))
    wire.on(path, stream, watch=True)
    found = await watching.next(within=75)
    assert [(f.subject.kind, f.reason) for f in found.seen] == [("Kind1", "NotReady")]
    stream.say(script.event("MODIFIED", widget("True", "11")))
    assert (await watching.next()).gone == (found.seen[0].fingerprint,)
    stream.say(script.event("DELETED", widget("True", "12")))
    stream.end()
    wire.on(path, script.answer(script.listing()))
    await watching.nothing(within=300)
    assert stream.opened == 1, "what is empty again is asked now and then, and not watched"


async def test_objects_in_namespaces_that_are_left_out_are_not_listed_again_and_again(wire: Any, script: Any, watch: Any) -> None:
    path = define(wire, script, 1)[0]
    stream = script.Stream()
    wire.on(path, script.answer(script.listing(widget("False"))))
    wire.on(path, stream, watch=True)
    watching = watch(checks=[custom_resource], excluded_namespaces=["default"])
    assert (await watching.next()).seen == ()
    await watching.nothing(within=200)
    assert (len(wire.asked(path, watch=False)), stream.opened) == (1, 1)


async def test_beyond_a_bound_kinds_take_turns_and_miss_nothing(wire: Any, script: Any, watch: Any) -> None:
    paths = define(wire, script, OPEN + 20)
    for path in paths:
        wire.on(path, script.answer(script.listing(widget("True"))))
        wire.on(path, turn(script, b""), watch=True)
    watching = watch(checks=[custom_resource])
    assert (await watching.next()).seen == ()
    await watching.nothing(within=120)
    assert sum(watches(wire, path) for path in paths) == OPEN
    assert wire.most <= BUILT_IN + OPEN + AT_ONCE
    late = next(path for path in paths if not watches(wire, path))
    wire.on(late, turn(script, lines(script.event("MODIFIED", widget("False", "11")))), watch=True)
    found = await watching.next(within=30)
    assert [f.reason for f in found.seen] == ["NotReady"]
    await watching.nothing(within=60)
    assert [one.query["resourceVersion"] for one in wire.asked(late, watch=True)][-1] == "11"


async def test_a_kind_without_objects_that_is_refused_later_is_blind(wire: Any, script: Any, watch: Any) -> None:
    path = define(wire, script, 1)[0]
    watching = watch(checks=[custom_resource])
    assert (await watching.next()).seen == ()
    wire.on(path, script.refuse(403, "Forbidden"))
    found = await watching.next(within=75)
    assert [(f.subject.name, f.reason) for f in found.seen] == [("kind0s.shop.example.com", "Forbidden")]
    wire.on(path, script.answer(script.listing()))
    assert (await watching.next(within=600)).gone == (found.seen[0].fingerprint,)


def turn(script: Any, said: bytes) -> Any:
    """A watch: one that was asked to last a second says its events and ends, another one lasts."""
    short, long = script.answer(said), script.Stream()

    async def reply(request: Any, writer: Any) -> None:
        await (short if request.query["timeoutSeconds"] == "1" else long)(request, writer)

    return reply


def watches(wire: Any, path: str) -> int:
    return sum(one.query["timeoutSeconds"] != "1" for one in wire.asked(path, watch=True))
