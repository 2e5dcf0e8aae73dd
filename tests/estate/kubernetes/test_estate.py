"""A cluster as an estate: one pass over it, a fresh look at one finding, reading it, and the hands that change it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.declare import check
from stead.domain.errors import BlindError, ConflictError, PermanentError, TemporaryError
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View
from stead.ports import Seen

PODS, NODES, DEPLOYMENTS = "/api/v1/pods", "/api/v1/nodes", "/apis/apps/v1/deployments"
HERE = "/api/v1/namespaces/payments/pods"
POD = Subject(estate="home", api_version="v1", kind="Pod", namespace="payments", name="api-1", uid="uid-api-1")


@check(watches=[Pod, Node])
def container_crash(pod: Pod, view: View, now: datetime) -> Iterator[Finding]:
    """Named like the real one, whose logs are read."""
    for status in pod.status.container_statuses:
        if status.restart_count:
            yield view.finding(pod, reason="CrashLoop", summary=f"{status.name} crashes", container=status.name)


# One pass


async def test_a_scan_counts_what_it_saw_and_what_it_cost(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.answer(script.listing(script.pod("api-1", "Failed"), script.pod("api-2"))))
    found = await estate().scan()
    assert [f.subject.name for f in found.findings] == ["api-1"]
    assert found.counts["Pod"] == 2
    assert {"Deployment", "Job", "ReplicaSet"} <= set(found.counts)
    assert sum(found.counts.values()) == 2
    # The kinds of the check, those that tell what a program may reach, and the events of what failed.
    assert (found.requests, found.blind, found.not_covered) == (len(found.counts) + 1, (), ())
    assert found.bytes > 300


async def test_a_scan_of_one_namespace_asks_for_no_more(wire: Any, script: Any, estate: Any) -> None:
    wire.on(HERE, script.answer(script.listing(script.pod("api-1", "Failed"))))
    wire.on(NODES, script.refuse(403, "Forbidden"))
    found = await estate(checks=[container_crash], namespace="payments").scan()
    assert not wire.asked(PODS)
    assert (found.blind, found.not_covered) == ((), ("nodes",))


async def test_what_a_scan_cannot_see_is_blind_and_never_nothing(wire: Any, script: Any, estate: Any) -> None:
    wire.on(PODS, script.refuse(403, "Forbidden"))
    wire.on(DEPLOYMENTS, script.answer(b'{"items": [{"metada'))
    found = await estate().scan()
    assert [(f.subject.name, f.reason) for f in found.blind] == [("deployments.apps", "Malformed"), ("pods", "Forbidden")]
    assert "Pod" not in found.counts


async def test_a_server_that_is_not_there_is_one_blind_finding(wire: Any, estate: Any) -> None:
    await wire.stop()
    (blind,) = (await estate().scan()).blind
    assert (blind.subject.name, blind.state) == ("kubernetes-api", FindingState.BLIND)
    assert "connection refused" in blind.summary


async def test_a_scan_comes_back_to_a_server_that_was_busy(wire: Any, script: Any, estate: Any, clock: SteppedClock) -> None:
    wire.on(PODS, script.refuse(429, "TooManyRequests", headers={"Retry-After": "3"}), script.answer(script.listing(script.pod("api-1"))))
    task = asyncio.ensure_future(estate().scan())
    while clock.next_due() is None:
        await asyncio.sleep(0)
    clock.advance(timedelta(seconds=3))
    found = await task
    assert (found.counts["Pod"], found.blind, found.seconds) == (1, (), 3.0)


async def test_a_scan_whose_pages_expire_is_begun_again(wire: Any, script: Any, estate: Any) -> None:
    half = script.answer(script.listing(script.pod("api-1"), token="t"))
    wire.on(PODS, half, script.refuse(410, "Expired"), script.answer(script.listing(script.pod("api-9"))))
    assert (await estate().scan()).counts["Pod"] == 1
    assert [r.query.get("continue") for r in wire.asked(PODS)] == [None, "t", None]
    wire.on(PODS, half, script.refuse(410, "Expired"), half, script.refuse(410, "Expired"), half, script.refuse(410, "Expired"))
    (blind,) = (await estate().scan()).blind
    assert "expired while it was read" in blind.summary


# A fresh look


async def look(estate: Any, wire: Any, script: Any, live: Any, *pods: dict[str, Any], **finding: Any) -> Any:
    """Observe api-1 by `pod_failed` on a cluster that holds `pods`, where api-1 itself is `live`."""
    wire.on(f"{HERE}/api-1", live)
    wire.on(HERE, script.answer(script.listing(*pods)))
    print_ = Finding(check="pod_failed", subject=POD, reason="Failed", summary="")
    return await estate().observe("pod_failed", finding.get("fingerprint", print_.fingerprint), POD)


@pytest.mark.parametrize(
    ("phase", "seen"), [("Failed", Seen.FIRING), ("Running", Seen.QUIET)]
)  # fmt: skip
async def test_the_check_is_run_on_the_world_as_it_is(wire: Any, script: Any, estate: Any, phase: str, seen: Seen) -> None:
    pod = script.pod("api-1", phase)
    found = await look(estate, wire, script, script.answer(pod), pod)
    assert (found.seen, found.present) == (seen, True)
    assert not wire.asked(PODS)


async def test_a_subject_that_is_gone_or_another_one_of_that_name(wire: Any, script: Any, estate: Any) -> None:
    found = await look(estate, wire, script, script.refuse(404, "NotFound", name="api-1"))
    assert (found.seen, found.present) == (Seen.ABSENT, False)
    other = script.pod("api-1")
    other["metadata"]["uid"] = "another"
    found = await look(estate, wire, script, script.answer(other), other)
    assert (found.seen, found.present) == (Seen.ABSENT, False)


async def test_a_look_that_could_not_be_made_is_blind(wire: Any, script: Any, estate: Any) -> None:
    pod = script.answer(script.pod("api-1"))
    wire.on("/api/v1", script.answer(b"<html>", 404))
    wire.on("/apis", script.answer({"kind": "APIGroupList", "groups": []}))
    assert (await look(estate, wire, script, script.answer(b"<html>nothing</html>", 404))).seen is Seen.BLIND
    assert (await look(estate, wire, script, script.answer(b"{"), script.pod("api-1"))).seen is Seen.BLIND
    wire.on("/apis/apps/v1/namespaces/payments/deployments", script.answer(b"{}"))
    wire.on(f"{HERE}/api-1", pod)
    wire.on(HERE, script.refuse(403, "Forbidden"))
    found = await estate().observe("pod_failed", "f", POD)
    assert (found.seen, found.present) == (Seen.BLIND, True)
    assert "refuses to list pods" in found.note
    assert (await estate().observe("no_such_check", "f", POD)).seen is Seen.BLIND
    await wire.stop()
    assert (await estate().observe("pod_failed", "f", POD)).seen is Seen.BLIND


async def test_an_object_that_cannot_be_read_proves_nothing(wire: Any, script: Any, estate: Any) -> None:
    odd = script.pod("api-2") | {"status": {"phase": 7}}
    found = await look(estate, wire, script, script.answer(script.pod("api-1")), script.pod("api-1"), odd)
    assert found.seen is Seen.BLIND
    assert "api-2 could not be read" in found.note


@pytest.mark.parametrize(("observed", "seen"), [(2, Seen.LAGGING), (None, Seen.LAGGING), (3, Seen.QUIET)])
async def test_a_controller_that_has_not_caught_up_is_lagging(
    wire: Any, script: Any, estate: Any, observed: int | None, seen: Seen
) -> None:
    meta = {"name": "api", "namespace": "payments", "uid": "u", "generation": 3}
    status = {} if observed is None else {"observedGeneration": observed}
    live = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "status": status}
    wire.on("/apis/apps/v1/namespaces/payments/deployments/api", script.answer(live))
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api", uid="u")
    assert (await estate().observe("pod_failed", "f", subject)).seen is seen


# Reading


async def test_reading_one_and_many(wire: Any, script: Any, estate: Any) -> None:
    home = estate()
    wire.on(f"{HERE}/api-1", script.answer(script.pod("api-1")), script.refuse(404, "NotFound", name="api-1"))
    live = await home.read(POD)
    assert live["metadata"]["uid"] == "uid-api-1"
    assert await home.read(POD) is None
    bare = [{key: value for key, value in script.pod(n).items() if key not in ("kind", "apiVersion")} for n in ("a", "b")]
    wire.on(HERE, script.answer(script.listing(bare[0], token="t")), script.answer(script.listing(bare[1])))
    found = await home.list("v1", "Pod", "payments", {"app": "api", "tier": "web"})
    assert [(o["kind"], o["apiVersion"], o["metadata"]["name"]) for o in found] == [("Pod", "v1", "a"), ("Pod", "v1", "b")]
    assert wire.asked(HERE)[0].query["labelSelector"] == "app=api,tier=web"


async def test_a_kind_of_somebody_else_is_found_by_discovery(wire: Any, script: Any, estate: Any) -> None:
    served = {"kind": "APIResourceList", "resources": [{"name": "widgets", "kind": "Widget", "namespaced": False}]}
    wire.on("/apis/example.com/v1", script.answer(served))
    wire.on("/apis/example.com/v1/widgets/w", script.answer({"metadata": {"name": "w"}}))
    home = estate()
    widget = Subject(estate="home", api_version="example.com/v1", kind="Widget", name="w")
    assert (await home.read(widget))["metadata"]["name"] == "w"
    with pytest.raises(BlindError, match="has no kind Gadget"):
        await home.list("example.com/v1", "Gadget")


# Hands


@pytest.fixture
async def hands(wire: Any, estate: Any, clock: SteppedClock) -> Any:
    return estate(write_connection=connect(clock, kubeconfig=wire.kubeconfig(user={"token": "writer"}), environ={})).hands()


def test_without_a_write_identity_there_are_no_hands(clock: SteppedClock, wire: Any) -> None:
    from stead.estate.kubernetes.estate import KubernetesEstate

    home = KubernetesEstate("home", connect(clock, kubeconfig=wire.kubeconfig(), environ={}), [], clock)
    with pytest.raises(PermanentError, match="no write identity"):
        home.hands()


async def test_a_change_is_fenced_and_carries_its_action(wire: Any, script: Any, hands: Any) -> None:
    path = "/apis/apps/v1/namespaces/payments/deployments/api"
    wire.on(path, script.answer({"metadata": {"generation": 4}}), method="PATCH")
    wire.on(f"{HERE}/api-1", script.answer({}), method="DELETE")
    subject = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
    changed = await hands.patch(subject, {"metadata": {"resourceVersion": "5"}}, action="41.1.1.1")
    assert changed == {"metadata": {"generation": 4}}
    await hands.delete(POD, uid="uid-api-1", grace_seconds=0, action="41.1.1.2")
    patch, delete = wire.requests
    assert patch.headers["content-type"] == "application/strategic-merge-patch+json"
    assert patch.headers["authorization"] == "Bearer writer"
    assert patch.headers["user-agent"].endswith("(action 41.1.1.1)")
    assert b'"preconditions":{"uid":"uid-api-1"}' in delete.body
    assert b'"gracePeriodSeconds":0' in delete.body


async def test_a_custom_resource_is_merged_plainly(wire: Any, script: Any, hands: Any) -> None:
    path = "/apis/cert-manager.io/v1/namespaces/payments/certificates/tls"
    wire.on(path, script.answer({}), method="PATCH")
    subject = Subject(estate="home", api_version="cert-manager.io/v1", kind="Certificate", namespace="payments", name="tls")
    await hands.patch(subject, {}, action="1")
    assert wire.requests[0].headers["content-type"] == "application/merge-patch+json"


@pytest.mark.parametrize(
    ("code", "family"),
    [
        (403, PermanentError),
        (401, PermanentError),
        (422, PermanentError),
        (404, ConflictError),
        (409, ConflictError),
        (503, TemporaryError),
    ],
)
async def test_a_change_that_is_not_made_has_a_named_end(wire: Any, script: Any, hands: Any, code: int, family: type[Exception]) -> None:
    wire.on(f"{HERE}/api-1", script.refuse(code, "X"), method="DELETE")
    with pytest.raises(family):
        await hands.delete(POD, uid="u", grace_seconds=None, action="1")


async def test_a_change_whose_answer_is_cut_off_may_have_been_made(wire: Any, script: Any, hands: Any) -> None:
    wire.on(f"{HERE}/api-1", script.cut_off(b"{"), method="DELETE")
    with pytest.raises(TemporaryError):
        await hands.delete(POD, uid="u", grace_seconds=None, action="1")
