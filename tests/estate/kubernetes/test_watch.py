"""The story of a watch: what is there, what changes, what breaks on the wire, and what a person hears of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.errors import BlindError
from stead.domain.finding import FindingState
from stead.domain.trigger import Sightings

PODS = "/api/v1/pods"


def names(found: Sightings) -> list[str]:
    return [f.subject.name for f in found.seen]


def old_server(wire: Any, script: Any) -> None:
    """One that knows no WatchList: it refuses the parameter, as the API server does where the feature is off."""
    reply = script.refuse(422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
    for path in (PODS, "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
        wire.on(path, reply, watch=True)


async def test_a_streamed_list_then_what_changes(wire: Any, script: Any, watch: Any) -> None:
    stream = script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end())
    wire.on(PODS, stream, watch=True)
    watching = watch()
    first = await watching.next()
    assert first.complete
    assert names(first) == ["api-1"]
    assert not wire.asked(PODS, watch=False)

    stream.say(script.event("MODIFIED", script.pod("api-1", "Running", "11")))
    stream.say(script.event("ADDED", script.pod("api-2", "Failed", "12")))
    second = await watching.next()
    assert not second.complete
    assert (names(second), second.gone) == (["api-2"], (first.seen[0].fingerprint,))

    stream.say(script.event("DELETED", script.pod("api-2", "Failed", "13")))
    assert (await watching.next()).gone == (second.seen[0].fingerprint,)
    assert watching.estate.synced_versions["pods"] == "13"


async def test_changes_of_a_moment_are_one_batch(wire: Any, script: Any, watch: Any) -> None:
    stream = script.Stream(script.first_end())
    wire.on(PODS, stream, watch=True)
    watching = watch()
    assert (await watching.next()).seen == ()
    stream.say(script.event("ADDED", script.pod("api-00", "Failed", "20")))
    await watching.nothing(0.015)
    for n in range(1, 30):
        stream.say(script.event("ADDED", script.pod(f"api-{n:02}", "Failed", str(20 + n))))
    assert len((await watching.next()).seen) == 30
    await watching.nothing(10)


async def test_an_older_server_is_listed_in_pages_and_watched_from_there(wire: Any, script: Any, watch: Any) -> None:
    stream = script.Stream()
    old_server(wire, script)
    wire.on(PODS, script.refuse(422, "Invalid"), stream, watch=True)
    pages = [script.listing(script.pod("api-1", "Failed"), token="t1"), script.listing(script.pod("api-2", "Failed"), version="20")]
    wire.on(PODS, *map(script.answer, pages))
    watching = watch()
    assert names(await watching.next()) == ["api-1", "api-2"]
    assert [r.query.get("continue") for r in wire.asked(PODS, watch=False)] == [None, "t1"]
    assert {r.query["limit"] for r in wire.asked(PODS, watch=False)} == {"500"}
    stream.say(script.event("BOOKMARK", {"metadata": {"resourceVersion": "30"}}))
    stream.end()
    await watching.nothing(5)
    versions = [r.query.get("resourceVersion") for r in wire.asked(PODS, watch=True)]
    assert versions[:3] == [None, "20", "30"]


async def test_what_vanished_while_nobody_looked_is_gone_after_a_410(wire: Any, script: Any, watch: Any) -> None:
    first = script.Stream(
        script.event("ADDED", script.pod("api-1", "Failed")), script.event("ADDED", script.pod("api-2", "Failed")), script.first_end()
    )
    again = script.Stream(script.event("ADDED", script.pod("api-2", "Failed", "40")), script.first_end("41"))
    wire.on(PODS, first, again, watch=True)
    watching = watch()
    gone = (await watching.next()).seen[0]
    first.say(script.event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}))
    found = await watching.next(within=5)
    assert (found.seen, found.gone) == ((), (gone.fingerprint,))


async def test_a_list_whose_pages_expire_is_begun_again(wire: Any, script: Any, watch: Any) -> None:
    old_server(wire, script)
    wire.on(PODS, script.refuse(422, "Invalid"), script.Stream(), watch=True)
    whole = script.listing(script.pod("api-9", "Failed"))
    half = script.listing(script.pod("api-1", "Failed"), token="t1")
    wire.on(PODS, script.answer(half), script.refuse(410, "Expired"), script.answer(whole))
    assert names(await watch().next(within=5)) == ["api-9"]


async def test_a_kind_that_is_refused_is_blind_and_says_how_to_see_it(wire: Any, script: Any, watch: Any) -> None:
    wire.on(PODS, script.refuse(403, "Forbidden", "pods is forbidden: User cannot list"), watch=True)
    watching = watch()
    first = await watching.next()
    (blind,) = first.seen
    assert (blind.check, blind.state, blind.reason) == ("estate", FindingState.BLIND, "Forbidden")
    assert (blind.subject.kind, blind.subject.name) == ("Probe", "pods")
    assert "pods cannot be seen" in blind.summary
    assert blind.evidence[0].command == "kubectl get pods -A"
    assert first.blind_checks == {"pod_failed"}
    await watching.nothing(60)

    wire.on(PODS, script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end()), watch=True)
    found = await watching.next(within=40)
    assert found.complete  # what a store remembers of this check can be compared only now
    assert names(found) == ["api-1"]
    assert found.blind_checks == frozenset()


async def test_what_was_seen_stays_while_nothing_can_be_seen(wire: Any, script: Any, watch: Any) -> None:
    stream = script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end())
    wire.on(PODS, stream, watch=True)
    watching = watch()
    remembered = (await watching.next()).seen[0]
    port = wire.port
    await wire.stop()
    await watching.nothing(10)
    lost = await watching.next(within=40)
    (blind,) = lost.seen
    assert (blind.subject.name, blind.reason, lost.gone) == ("kubernetes-api", "Unreachable", ())
    assert "pod_failed" in lost.blind_checks
    await watching.nothing(600)  # one finding, however long and however often it fails

    wire.on(PODS, script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end()), watch=True)
    await wire.start(port=port)
    back = await watching.next(within=60)
    assert back.gone == (blind.fingerprint,)
    assert remembered.fingerprint not in back.gone


async def test_an_api_server_that_restarts_is_no_news(wire: Any, script: Any, watch: Any) -> None:
    streams = [script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end()), script.Stream()]
    wire.on(PODS, *streams, watch=True)
    watching = watch()
    await watching.next()
    port = wire.port
    await wire.stop()
    await watching.nothing(5)
    await wire.start(port=port)
    await watching.nothing(30)
    assert wire.asked(PODS, watch=True)[-1].query["resourceVersion"] == "10"


async def test_pauses_grow_so_that_a_server_in_trouble_is_left_alone(wire: Any, script: Any, watch: Any) -> None:
    wire.on(PODS, *[script.refuse(503, "ServiceUnavailable"), script.cut_off(b"", 10)] * 40, watch=True)
    watching = watch()
    assert (await watching.next()).seen[0].reason == "Unreachable"
    await watching.nothing(600)  # and the many faces of one trouble are one piece of news
    assert 20 < len(wire.asked(PODS)) < 60


async def test_an_api_that_is_absent_is_no_trouble_and_is_found_when_it_comes(wire: Any, script: Any, watch: Any) -> None:
    jobs = "/apis/batch/v1/jobs"
    wire.on(jobs, script.answer(b"404 page not found\n", 404), watch=True)
    wire.on("/apis/batch/v1", script.answer(b"404 page not found\n", 404))
    wire.on("/apis", script.answer({"kind": "APIGroupList", "groups": []}))
    watching = watch()
    first = await watching.next()
    assert (first.seen, first.blind_checks) == ((), frozenset())
    wire.on(jobs, script.Stream(script.first_end()), watch=True)
    await watching.nothing(600)
    assert "jobs.batch" in watching.estate.synced_versions


async def test_a_404_from_something_that_is_no_api_server_is_blind(wire: Any, script: Any, watch: Any) -> None:
    wire.on("/apis/batch/v1/jobs", script.answer(b"<html>nothing here</html>", 404), watch=True)
    wire.on("/apis/batch/v1", script.answer(b"<html>nothing here</html>", 404))
    wire.on("/apis", script.answer(b"<html>welcome</html>", 200))
    (blind,) = (await watch().next()).seen
    assert (blind.subject.name, blind.reason) == ("jobs.batch", "Malformed")


async def test_one_object_that_cannot_be_read_costs_no_other(wire: Any, script: Any, watch: Any) -> None:
    odd = script.pod("odd-1") | {"status": {"phase": ["not", "a", "phase"]}}
    stream = script.Stream(script.event("ADDED", odd), script.event("ADDED", script.pod("api-1", "Failed")), script.first_end())
    wire.on(PODS, stream, watch=True)
    watching = watch()
    first = await watching.next()
    states = {f.subject.name: f.state for f in first.seen}
    assert states == {"odd-1": FindingState.BLIND, "api-1": FindingState.FIRING}
    stream.say(script.event("MODIFIED", script.pod("odd-1", "Running", "12")))
    assert len((await watching.next()).gone) == 1


@pytest.mark.parametrize(
    "line", [b"{]\n", b'{"type": "SURPRISE", "object": {}}\n', b'{"type": "BOOKMARK", "object": 7}\n', b"[" * 5000 + b"\n"]
)
async def test_a_watch_that_talks_nonsense_is_left_and_begun_again(wire: Any, script: Any, watch: Any, line: bytes) -> None:
    stream = script.Stream(script.first_end())
    wire.on(PODS, stream, script.Stream(script.event("ADDED", script.pod("api-1", "Failed", "20"))), watch=True)
    watching = watch()
    await watching.next()
    stream.say(line)
    assert names(await watching.next(within=5)) == ["api-1"]


async def test_what_waits_for_a_deadline_speaks_when_it_comes(wire: Any, script: Any, watch: Any, clock: SteppedClock) -> None:
    began = clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    stream = script.Stream(script.event("ADDED", script.pod("api-1", "Pending", startTime=began)), script.first_end())
    wire.on(PODS, stream, watch=True)
    watching = watch()
    assert [f.state for f in (await watching.next()).seen] == [FindingState.PROGRESSING]
    await watching.nothing(50)
    assert [f.state for f in (await watching.next(within=15)).seen] == [FindingState.FIRING]
    assert clock.now() - datetime.fromisoformat(began) <= timedelta(seconds=61)


async def test_a_namespace_can_be_left_out(wire: Any, script: Any, watch: Any) -> None:
    other = script.pod("api-1", "Failed", namespace="kube-system")
    stream = script.Stream(script.event("ADDED", other), script.event("ADDED", script.pod("api-2", "Failed")), script.first_end())
    wire.on(PODS, stream, watch=True)
    assert names(await watch(excluded_namespaces=["kube-*"]).next()) == ["api-2"]


@pytest.mark.parametrize("settled", [True, False])
async def test_a_reader_that_dies_ends_the_watch_and_the_next_one_sees_what_was_missed(
    wire: Any, script: Any, watch: Any, settled: bool
) -> None:
    if not settled:
        wire.on("/apis/batch/v1/jobs", script.silent, watch=True)
    watching = watch()
    await (watching.next() if settled else watching.nothing(within=0.5))
    (reader,) = [task for task in asyncio.all_tasks() if task.get_name() == "watch pods"]
    reader.cancel()
    with pytest.raises(BlindError, match=r"the watch of pods at .* ended"):
        await watching.next()

    wire.on("/apis/batch/v1/jobs", script.Stream(script.first_end()), watch=True)
    wire.on(PODS, script.Stream(script.event("ADDED", script.pod("api-1", "Failed")), script.first_end()), watch=True)
    again = watching.again()
    found = await again.next()
    assert found.complete
    assert names(found) == ["api-1"]


async def test_it_ends_when_it_is_closed(wire: Any, script: Any, watch: Any) -> None:
    watching = watch()
    await watching.next()
    await watching.estate.close()
    with pytest.raises(StopAsyncIteration):
        await watching.next()
