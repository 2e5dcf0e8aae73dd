"""One cause is one incident and one message, edited as it moves: late causes, returns, coming and going, and how much it weighs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.finding import Severity

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

NODE = broken("Node", "n1", "node_not_ready", severity=Severity.CRITICAL, summary="node n1 is not ready")
API = broken("Pod", "api")


def pods(number: int, **more: object) -> list:
    return [
        broken("Pod", f"app-{n}-x", "pod_not_ready", depends_on=(NODE.subject,), top=broken("Deployment", f"app-{n}").subject, **more)
        for n in range(number)
    ]


async def test_a_message_names_the_cause_counts_the_symptoms_and_shows_how_they_hang_on_it(on_call: OnCall) -> None:
    service = broken("Service", "app", "service_without_endpoints", depends_on=(broken("Deployment", "app-1").subject,))
    replicas = broken(
        "Pod", "web-a", "pod_not_ready", depends_on=(NODE.subject,), top=broken("Deployment", "web").subject, instances=("web-a", "web-b")
    )
    await on_call.sees(*pods(40), service, replicas, NODE, after=MINUTE)
    (told,) = on_call.chat.messages
    assert told.message.title == "node n1 is not ready, and 42 pods and 1 service with it"
    (explained,) = [block.text for block in told.message.blocks if block.text.startswith("It explains")]
    lines = explained.splitlines()
    assert lines[0] == "It explains 42 pods and 1 service:"
    assert "· 2 pods of Deployment payments/web run on Node n1: web-a is broken" in lines
    assert lines[-1] == "· and 36 pods"
    assert len(lines) == 8

    await on_call.sees(gone=[*pods(40), service], after=MINUTE)
    assert on_call.chat.last.title == "node n1 is not ready, and 2 pods with it"
    assert len(on_call.chat.messages) == 1


async def test_a_pod_that_wants_what_another_workload_serves_is_not_said_to_be_its_own(on_call: OnCall) -> None:
    database = broken("StatefulSet", "database", severity=Severity.CRITICAL)
    worker = broken("Pod", "worker-x", depends_on=(database.subject,), top=broken("Deployment", "worker").subject)
    await on_call.sees(database, worker, after=MINUTE)
    (told,) = on_call.chat.messages
    said = "\n".join(block.text for block in told.message.blocks)
    assert "Deployment payments/worker depends on StatefulSet payments/database" in said


async def test_symptoms_first_and_the_cause_later_is_one_incident_in_the_end(on_call: OnCall) -> None:
    one, two = pods(2)
    await on_call.sees(one, after=10 * SECOND)
    await on_call.sees(two, after=10 * SECOND)
    await on_call.sees(NODE, after=10 * SECOND)
    assert await on_call.incidents() == {"node n1 is not ready": "open", "app-1-x is broken": "resolved"}
    last = {delivery.conversation: delivery for delivery in on_call.chat.told}
    assert last["chat:1"].message.title == "node n1 is not ready, and 2 pods with it"
    assert last["chat:1"].because.value == "worse"
    assert last["chat:2"].message.title == "app-1-x is broken (part of I-1)"
    assert len(on_call.chat.messages) == 2, "what was told before the cause was known is edited, and nothing rings again"
    grouped = await on_call.events("incident.grouped")
    assert grouped[-1]["reasons"] == [f"Deployment payments/app-{n} runs on Node n1" for n in (0, 1)]


@pytest.mark.parametrize("on_call", [{"edit": False}], indirect=True)
async def test_a_chat_that_cannot_edit_is_told_of_a_late_cause_once(on_call: OnCall) -> None:
    (one,) = pods(1, severity=Severity.CRITICAL)
    await on_call.sees(one, after=10 * SECOND)
    await on_call.sees(NODE, after=10 * SECOND)
    await on_call.sees(*pods(3), after=10 * SECOND)
    assert on_call.chat.reasons == ["first", "cause"]


async def test_a_fault_that_returns_edits_its_message(on_call: OnCall) -> None:
    await on_call.sees(API, after=MINUTE)
    await on_call.sees(gone=[API], after=MINUTE)
    await on_call.restart()
    await on_call.sees(API, after=MINUTE)
    assert on_call.chat.reasons == ["first", "resolved", "reopened"]
    assert len(on_call.chat.messages) == 1
    incident = await on_call.incident()
    assert (incident["state"], incident["episode"]) == ("open", 2)


async def test_another_fault_of_the_same_workload_is_its_return_and_one_of_another_is_not(on_call: OnCall) -> None:
    deployment = broken("Deployment", "api", "deployment_not_progressing")
    crash = broken("Pod", "api-x", top=deployment.subject)
    await on_call.sees(crash, after=MINUTE)
    await on_call.sees(gone=[crash], after=MINUTE)
    await on_call.sees(deployment, after=MINUTE)
    await on_call.sees(gone=[deployment], after=MINUTE)
    await on_call.sees(crash, after=MINUTE)
    assert await on_call.incidents() == {"api-x is broken": "open", "api is broken": "resolved"}


async def test_after_the_window_a_return_is_an_incident_of_its_own(on_call: OnCall) -> None:
    await on_call.sees(API, after=MINUTE)
    await on_call.sees(gone=[API], after=HOUR)
    await on_call.sees(API, after=MINUTE)
    assert on_call.chat.reasons == ["first", "resolved", "first"]


@pytest.mark.parametrize("on_call", [{"edit": True}, {"edit": False}], indirect=True, ids=["edits", "cannot edit"])
async def test_what_comes_and_goes_is_one_open_incident_until_it_keeps_still(on_call: OnCall) -> None:
    for _ in range(12):
        await on_call.sees(API, after=MINUTE)
        await on_call.sees(gone=[API], after=MINUTE)
    incident = await on_call.incident()
    assert (incident["state"], len(await on_call.stead.incidents(everything=True))) == ("open", 1)
    assert incident["flapping_since"]
    edits = on_call.chat.capabilities.edit
    assert len(on_call.chat.messages) == (1 if edits else 6), "first, two returns, and that it flaps; never one for each"
    assert on_call.chat.reasons[:6] == ["first", "resolved", "reopened", "resolved", "reopened", "flapping"]

    await on_call.restart()
    await on_call.passes(15 * MINUTE)
    assert on_call.chat.reasons[-1] == "resolved"
    incident = await on_call.incident()
    assert (incident["state"], incident["flapping_since"]) == ("resolved", None)


async def test_what_stays_broken_flaps_no_longer(on_call: OnCall) -> None:
    for _ in range(4):
        await on_call.sees(API, after=MINUTE)
        await on_call.sees(gone=[API], after=MINUTE)
    await on_call.sees(API, after=20 * MINUTE)
    incident = await on_call.incident()
    assert (incident["state"], incident["flapping_since"]) == ("open", None)
    await on_call.sees(gone=[API], after=MINUTE)
    assert (await on_call.incident())["state"] == "resolved"


async def test_severity_follows_what_is_down_up_and_down(on_call: OnCall) -> None:
    cordoned = broken("Node", "n1", "node_not_ready", summary="node n1 is not ready")
    await on_call.sees(cordoned, *pods(4), after=MINUTE)
    assert on_call.chat.last.severity is Severity.WARNING
    await on_call.sees(*pods(6), after=MINUTE)
    assert (on_call.chat.last.severity, on_call.chat.reasons[-1]) == (Severity.CRITICAL, "worse")
    assert any("Critical, because 6 workloads and services suffer from it." in block.text for block in on_call.chat.last.blocks)
    await on_call.sees(gone=pods(5), after=MINUTE)
    assert on_call.chat.last.severity is Severity.WARNING
    assert len(on_call.chat.messages) == 1


RULES = [
    {"name": "shop", "matchers": ["namespace=payments"], "at_least": "critical"},
    {"name": "play", "matchers": ["namespace=~play.*"], "at_most": "info"},
    {"name": "gold", "matchers": ['label.tier="gold"'], "at_least": "critical"},
    {"name": "lab", "matchers": ['namespace_label.env="lab"'], "at_most": "info"},
]
GOLD, LAB = ("label.tier", "gold"), ("namespace_label.env", "lab")


@pytest.mark.parametrize("on_call", [{"severity_rules": RULES}], indirect=True)
async def test_a_persons_own_weight_counts(on_call: OnCall) -> None:
    await on_call.sees(API, broken("Pod", "toy", namespace="playground"), after=MINUTE)
    rows = {row["title"]: (row["severity"], row["impact"]) for row in await on_call.stead.incidents()}
    assert rows["api is broken"] == ("critical", "rule shop says at least critical")
    assert rows["toy is broken"] == ("info", "rule play says at most info")


@pytest.mark.parametrize("on_call", [{"severity_rules": RULES}], indirect=True)
async def test_labels_of_the_object_and_its_namespace_weigh_also_when_they_change(on_call: OnCall) -> None:
    shop, lab = broken("Pod", "shop", namespace="shop"), broken("Pod", "lab", namespace="lab", labels=(LAB,))
    await on_call.sees(shop, lab, after=MINUTE)
    rows = {row["title"]: (row["severity"], row["impact"]) for row in await on_call.stead.incidents()}
    assert rows["lab is broken"] == ("info", "rule lab says at most info")
    assert rows["shop is broken"][0] == "warning"
    await on_call.sees(replace(shop, labels=(GOLD,)), after=MINUTE)
    assert (on_call.chat.last.severity, on_call.chat.reasons[-1]) == (Severity.CRITICAL, "worse")


async def test_a_burst_from_many_sides_is_grouped_whatever_the_order(on_call: OnCall) -> None:
    found = [*pods(60), NODE]
    for start in range(0, len(found), 7):
        await on_call.estate.sees(*found[start : start + 7])
    await on_call.passes(MINUTE)
    assert len(on_call.chat.messages) <= 2, "everything within the wait is one word"
    states = [row["state"] for row in await on_call.stead.incidents()]
    assert states == ["open"]
    assert (await on_call.incident(1))["title"] == "node n1 is not ready"
