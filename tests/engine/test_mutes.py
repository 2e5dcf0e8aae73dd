"""What is muted exists, is listed and says nothing; it speaks when the mute ends, once, if it is still open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken

from stead.app.silences import wanted
from stead.domain.errors import UserError
from stead.domain.people import Principal, PrincipalKind, Role
from stead.engine import silencing

ANNA = Principal(kind=PrincipalKind.PERSON, name="anna", role=Role.APPROVER)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

API = broken("Pod", "api")


async def silence(on_call: OnCall, *matchers: str, lasts: timedelta | None = HOUR, by: Principal = ANNA) -> Any:
    ends = None if lasts is None else on_call.clock.now() + lasts
    return await on_call.stead.change(silencing.silence, matchers=wanted(matchers), by=by, comment="moving house", ends_at=ends)


async def test_a_silenced_incident_is_listed_and_speaks_when_the_silence_ends(on_call: OnCall) -> None:
    await silence(on_call, 'namespace="payments"')
    await on_call.sees(API, after=MINUTE)
    await on_call.sees(broken("Pod", "api", summary="api is broken, worse", evidence=()), after=MINUTE)
    assert on_call.chat.told == []
    incident = await on_call.incident()
    assert (incident["state"], incident["muted"][0]["name"]) == ("open", "S-1")
    assert [(d["state"], "moving house (person:anna)" in d["error"]) for d in incident["deliveries"]] == [("held", True)], (
        "one row, not one a try"
    )

    await on_call.passes(HOUR)
    assert on_call.chat.reasons == ["first"]
    assert (await on_call.incident())["muted"] == []


async def test_what_begins_and_ends_in_a_silence_is_told_to_nobody(on_call: OnCall) -> None:
    made = await silence(on_call, "check=container_crash", lasts=None)
    await on_call.sees(API, after=MINUTE)
    await on_call.sees(gone=[API], after=MINUTE)
    await on_call.stead.change(silencing.expire, made.number, by=ANNA)
    await on_call.passes(MINUTE)
    assert on_call.chat.told == []
    assert (await on_call.incident())["state"] == "resolved"


async def test_what_was_told_before_a_silence_is_called_over_after_it(on_call: OnCall) -> None:
    await on_call.sees(API, after=MINUTE)
    made = await silence(on_call, "owner=api")
    await on_call.sees(gone=[API], after=MINUTE)
    assert on_call.chat.reasons == ["first"]
    await on_call.stead.change(silencing.expire, made.number, by=ANNA)
    await on_call.passes(MINUTE)
    assert on_call.chat.reasons == ["first", "resolved"]
    assert len(on_call.chat.messages) == 1


async def test_a_silence_that_comes_before_the_first_word_holds_it_back(on_call: OnCall) -> None:
    await on_call.sees(API)
    made = await silence(on_call, "name=api")
    await on_call.passes(MINUTE)
    assert on_call.chat.told == []
    await on_call.stead.change(silencing.expire, made.number, by=ANNA)
    await on_call.passes(MINUTE)
    assert on_call.chat.reasons == ["first"]


async def test_silencing_the_cause_silences_its_symptoms_and_silencing_a_symptom_does_not_silence_the_cause(on_call: OnCall) -> None:
    node = broken("Node", "n1", "node_not_ready")
    pods = [broken("Pod", f"api-{n}", depends_on=(node.subject,)) for n in range(3)]
    await silence(on_call, "name=api-0")
    await on_call.sees(node, *pods, after=MINUTE)
    assert on_call.chat.reasons == ["first"]

    made = await silence(on_call, 'kind="Node"')
    await on_call.sees(broken("Pod", "api-9", depends_on=(node.subject,)), after=MINUTE)
    assert on_call.chat.reasons == ["first"], "planned work on the node is planned for its pods"
    await on_call.sees(gone=[node], after=MINUTE)
    assert on_call.chat.reasons == ["first", "cause"], "the node is back, and its pods are still broken: that is news"
    assert (await on_call.stead.store.look(lambda c: c.exec_driver_sql("select count(*) from incident").scalar())) == 1
    assert made.number == 2


@pytest.mark.parametrize(
    "on_call",
    [{"maintenance": [{"name": "sunday", "matchers": ["namespace=payments"], "start_time": "09:30", "end_time": "10:00"}]}],
    indirect=True,
)
async def test_a_maintenance_window_comes_and_goes_by_the_clock(on_call: OnCall) -> None:
    await on_call.passes(31 * MINUTE)
    await on_call.sees(API, after=10 * MINUTE)
    assert on_call.chat.told == []
    assert (await on_call.incident())["muted"][0] | {"until": "", "why": ""} == {
        "kind": "maintenance",
        "name": "sunday",
        "until": "",
        "why": "",
    }
    await on_call.passes(20 * MINUTE)
    assert on_call.chat.reasons == ["first"]


@pytest.mark.parametrize(
    "on_call",
    [
        {
            "inhibit_rules": [
                {"name": "database", "source_matchers": ["owner=db"], "target_matchers": ["owner!=db"], "equal": ["estate", "namespace"]}
            ]
        }
    ],
    indirect=True,
)
async def test_a_fault_inhibits_others_while_it_lasts(on_call: OnCall) -> None:
    database = broken("Pod", "db")
    await on_call.sees(database, API, broken("Pod", "shop", namespace="elsewhere"), after=MINUTE)
    assert {d.message.title for d in on_call.chat.told} == {"db is broken", "shop is broken"}
    await on_call.sees(gone=[database], after=MINUTE)
    assert on_call.chat.last.title == "api is broken"
    (unmuted,) = await on_call.events("incident.unmuted")
    assert unmuted["reasons"] == ["inhibition database: Pod payments/db says it already"]


async def test_a_silence_that_cannot_be_is_refused(on_call: OnCall) -> None:
    viewer = Principal(kind=PrincipalKind.TOKEN, name="tv", role=Role.VIEWER)
    for lasts, by in ((timedelta(0), ANNA), (timedelta(days=9999), ANNA), (HOUR, viewer)):
        with pytest.raises(UserError):
            await silence(on_call, "name=api", lasts=lasts, by=by)
    for matchers in ('nmae="api"', "name", 'name=~".*"', 'name=~"("', 'name=~"(a*)*"', ""):
        with pytest.raises(UserError):
            await silence(on_call, matchers)
    assert await on_call.events("silence.added") == []
