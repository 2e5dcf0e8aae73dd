"""Alerts of other systems: one incident with what Stead's own checks say, one message, and nothing done on an alert's word alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.conftest import OnCall, broken

from stead.domain.alert import Alert
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.engine import hearing
from stead.engine.hearing import Message
from stead.engine.journey import Journey
from stead.store.alerts import Heard
from stead.store.inbox import Inbox
from stead.store.retention import forget_alerts

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

API = Subject(estate="home", api_version="apps/v1", kind="Deployment", name="api", namespace="payments", uid="uid-api")


def pod(name: str) -> Subject:
    return Subject(estate="home", api_version="v1", kind="Pod", name=name, namespace="payments", uid=f"uid-{name}")


def alert(name: str = "KubePodCrashLooping", on: str = "api-7c9f", **more: Any) -> Alert:
    labels = {"alertname": name, "namespace": "payments", "pod": on}
    values: dict[str, Any] = {"key": f"{name}/{on}", "name": name, "summary": "It crashes again and again.", "labels": labels, **more}
    return Alert(**values)


async def hear(on_call: OnCall, *alerts: Alert, after: timedelta = 10 * SECOND) -> None:
    await on_call.stead.ear.hear([Message(hook="systemd" if one.once else "alertmanager", alert=one) for one in alerts])
    await on_call.passes(after)


def understood(_: sa.Connection, journey: Journey, one: Alert) -> list[Heard]:
    return hearing.understand(journey, [Message(hook="alertmanager", alert=one)])


def own(name: str = "api-7c9f", **more: Any) -> Any:
    return broken("Pod", name, top=API, severity=Severity.CRITICAL, summary=f"{name} crashes", **more)


@pytest.fixture(autouse=True)
def _pods(on_call: OnCall) -> None:
    for name in ("api-7c9f", "api-9x2k"):
        on_call.estate.has(pod(name), API)


async def test_an_alert_is_an_incident_and_one_message_that_is_edited_when_it_is_over(on_call: OnCall) -> None:
    await hear(on_call, alert())
    (told,) = on_call.chat.messages
    assert told.message.title == "Deployment payments/api: KubePodCrashLooping: It crashes again and again."
    assert any("no check of Stead's own has confirmed it" in block.text for block in told.message.blocks)
    await hear(on_call, alert(firing=False))
    assert on_call.chat.reasons == ["first", "resolved"]
    assert on_call.chat.told[-1].replaces
    assert set((await on_call.incidents()).values()) == {"resolved"}


async def test_what_fires_and_is_over_in_one_breath_was_there_all_the_same(on_call: OnCall) -> None:
    await hear(on_call, alert(), alert("KubePodNotReady"), alert(firing=False), alert("KubePodNotReady", firing=False), alert())
    assert [one["check"].partition("/")[2] for one in await on_call.events("finding.opened")].count("KubePodCrashLooping") == 2
    assert set((await on_call.incidents()).values()) == {"open"}


async def test_what_was_acknowledged_before_a_stop_is_heard_after_it_in_its_order(on_call: OnCall) -> None:
    """As a stop between the answer and the hand-over leaves it."""
    inbox = Inbox(on_call.stead.store)
    for one in (alert(), alert("KubePodNotReady"), alert(firing=False)):
        inbox.put([await on_call.stead.look(understood, one)])
    inbox.close()
    await on_call.restart()
    await on_call.passes(10 * SECOND)
    assert [one["check"] for one in await on_call.events("finding.closed")] == ["alertmanager/KubePodCrashLooping"]
    assert set((await on_call.incidents()).values()) == {"open"}


async def test_one_that_cannot_be_heard_keeps_no_other_waiting_and_is_kept(on_call: OnCall, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(connection: Any, journey: Any, heard: Any) -> None:
        if any(one.key == "Bad/api-7c9f" for one in heard):
            raise ValueError("cannot be understood")
        usual(connection, journey, heard)

    usual = hearing.hear
    monkeypatch.setattr(hearing, "hear", refuses)
    said = (alert(), alert("Bad"), alert("KubePodNotReady"))
    await asyncio.gather(*(on_call.stead.ear.hear([Message(hook="alertmanager", alert=one)]) for one in said))
    await on_call.passes(10 * SECOND)
    assert len(await on_call.incidents()) == 1
    assert {one["check"] for one in await on_call.events("finding.opened")} == {
        "alertmanager/KubePodCrashLooping",
        "alertmanager/KubePodNotReady",
    }
    monkeypatch.undo()
    await on_call.restart()
    await on_call.passes(10 * SECOND)
    assert "alertmanager/Bad" in {one["check"] for one in await on_call.events("finding.opened")}


async def test_a_re_send_changes_nothing(on_call: OnCall) -> None:
    await hear(on_call, alert())
    before = await on_call.stead.events(limit=1000)
    for _ in range(3):
        await hear(on_call, alert(), alert())
    assert await on_call.stead.events(limit=1000) == before


async def test_alerts_of_one_owner_are_one_incident_until_the_last_is_over(on_call: OnCall) -> None:
    await hear(on_call, alert(), alert(on="api-9x2k"), alert("KubePodNotReady"))
    assert len(on_call.chat.messages) == 1
    incident = await on_call.incident()
    assert {finding["check"] for finding in incident["findings"]} == {"alertmanager/KubePodCrashLooping", "alertmanager/KubePodNotReady"}
    await hear(on_call, alert(firing=False), alert("KubePodNotReady", firing=False))
    assert (await on_call.incident())["state"] != "resolved"
    await hear(on_call, alert(on="api-9x2k", firing=False))
    assert (await on_call.incident())["state"] == "resolved"
    assert len(on_call.chat.messages) == 1


@pytest.mark.parametrize("first", ["alert", "check"])
async def test_an_alert_and_what_a_check_finds_there_are_one_incident_whichever_comes_first(on_call: OnCall, first: str) -> None:
    if first == "alert":
        await hear(on_call, alert())
    await on_call.sees(own(), after=10 * SECOND)
    if first == "check":
        await hear(on_call, alert())
    assert len(await on_call.incidents()) == 1
    assert len(on_call.chat.messages) == 1
    last = on_call.chat.last
    assert "crashes" in last.title
    assert "with it" not in last.title
    assert any(block.text == "Said by others too: alertmanager/KubePodCrashLooping." for block in last.blocks) or first == "check"
    await on_call.sees(gone=[own()], after=10 * SECOND)
    assert (await on_call.incident())["state"] != "resolved", "the alert goes on"
    await hear(on_call, alert(firing=False))
    assert (await on_call.incident())["state"] == "resolved"


async def test_a_pass_over_the_estate_does_not_end_what_was_heard(on_call: OnCall) -> None:
    await hear(on_call, alert())
    await on_call.sees(complete=True, after=10 * SECOND)
    assert (await on_call.incident())["state"] == "open"


async def test_an_alert_explains_other_alerts_of_its_owner_and_nothing_that_stead_sees(on_call: OnCall) -> None:
    node = Alert(key="n", name="NodeNotReady", labels={"node": "n1"})
    await hear(on_call, node)
    on_n1 = Subject(estate="home", api_version="v1", kind="Node", name="n1")
    await on_call.sees(own(depends_on=(on_n1,)), after=10 * SECOND)
    assert len(await on_call.incidents()) == 2


async def test_what_is_never_said_to_be_over_is_over_after_its_time(on_call: OnCall) -> None:
    until = on_call.clock.now() + HOUR
    await hear(on_call, alert(until=until))
    await on_call.passes(50 * MINUTE)
    await hear(on_call, alert(until=until + HOUR))
    await on_call.passes(50 * MINUTE)
    assert (await on_call.incident())["state"] == "open", "it was heard of again"
    await on_call.passes(HOUR)
    assert (await on_call.incident())["state"] == "resolved"


async def test_it_outlives_a_restart(on_call: OnCall) -> None:
    await hear(on_call, alert())
    await on_call.restart()
    await hear(on_call, alert())
    await hear(on_call, alert(firing=False))
    assert (await on_call.incident())["state"] == "resolved"
    assert len(on_call.chat.messages) == 1


async def test_secrets_in_its_words_are_not_kept(on_call: OnCall) -> None:
    said = {"description": "login failed with password=hunter2-hunter2 and more"}
    await hear(on_call, alert(summary="token ghp_" + "a" * 36, said=said, labels={"namespace": "payments", "deployment": "api"}))
    (finding,) = (await on_call.incident())["findings"]
    text = str(finding)
    assert "hunter2" not in text
    assert "a" * 36 not in text


async def test_an_alert_that_names_nothing_is_an_incident_of_its_own_name(on_call: OnCall) -> None:
    await hear(on_call, Alert(key="w", name="TooManyCooks"))
    assert list(await on_call.incidents()) == ["TooManyCooks on Alert TooManyCooks"]


async def test_thousands_in_one_breath_are_all_heard(on_call: OnCall) -> None:
    many = [Alert(key=str(n), name="Noise", labels={"namespace": "x", "deployment": f"d-{n % 50}", "n": str(n)}) for n in range(600)]
    await hear(on_call, *many)
    assert len(await on_call.incidents()) == 50
    await hear(on_call, *[Alert(key=one.key, name=one.name, labels=one.labels, firing=False) for one in many])
    assert set((await on_call.incidents()).values()) == {"resolved"}


async def test_what_is_over_is_let_go_of_after_its_time_and_what_goes_on_is_not(on_call: OnCall) -> None:
    await hear(on_call, alert(), alert("KubePodNotReady"))
    await hear(on_call, alert(firing=False))
    later = on_call.clock.now() + HOUR
    assert await on_call.stead.store.run(forget_alerts, later) == 1
    assert await on_call.stead.store.run(forget_alerts, later) == 0
    await hear(on_call, alert("KubePodNotReady", firing=False))
    assert (await on_call.incident())["state"] == "resolved"


async def test_a_unit_that_is_reported_and_then_seen_to_have_failed_is_one_incident(on_call: OnCall) -> None:
    on_call.estate.has(Subject(estate="home", api_version="host.stead/v1", kind="Host", name="home"))
    unit = Subject(estate="home", api_version="host.stead/v1", kind="Unit", name="backup.service")
    failed = Finding(check="failed_units", subject=unit, reason="UnitFailed", summary="unit backup.service has failed")
    labels = {"name": "backup.service", "instance": "home:9100"}
    report = Alert(key="r1", name="UnitFailed", labels=labels, until=on_call.clock.now() + HOUR, once=True)
    await hear(on_call, report)
    await on_call.sees(failed, after=MINUTE)
    incident = await on_call.incident()
    found = {(one["check"], one["subject"]["name"]) for one in incident["findings"]}
    assert found == {("failed_units", "backup.service"), ("systemd/UnitFailed", "backup.service")}
    await on_call.passes(5 * MINUTE)
    await on_call.sees(gone=[failed], after=10 * SECOND)
    assert set((await on_call.incidents()).values()) == {"resolved"}, "nothing waits for a report that nobody takes back"
    assert len(on_call.chat.messages) == 1
