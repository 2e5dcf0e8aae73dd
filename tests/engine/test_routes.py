"""Each is told what concerns it: routes decide where an incident is told, when, and when it is told elsewhere too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.finding import Severity

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

ROUTES: dict[str, Any] = {
    "chats": ["ops", "pager", "family"],
    "routes": {
        "receiver": "ops",
        "routes": [
            {"matchers": ['severity="critical"'], "receiver": "pager", "group_wait": "0s"},
            {"matchers": ["namespace=media"], "receivers": ["family", "ops"], "group_interval": "10m"},
            {"matchers": ["about=policy"], "receiver": "family"},
        ],
    },
}

API = broken("Pod", "api")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(on_call: OnCall) -> dict[str, list[str]]:
    return {name: chat.reasons for name, chat in on_call.chats.items()}


@pytest.mark.parametrize("on_call", [ROUTES], indirect=True)
async def test_an_incident_goes_where_its_labels_lead_and_its_recovery_too(on_call: OnCall) -> None:
    await on_call.sees(API, broken("Pod", "films", namespace="media"), after=MINUTE)
    assert told(on_call) == {"ops": ["first", "first"], "pager": [], "family": ["first"]}
    await on_call.sees(gone=[API], after=MINUTE)
    assert told(on_call) == {"ops": ["first", "first", "resolved"], "pager": [], "family": ["first"]}


@pytest.mark.parametrize("on_call", [ROUTES, {**ROUTES, "edit": False}], indirect=True, ids=["edits", "cannot-edit"])
async def test_what_gets_worse_is_told_elsewhere_too_and_keeps_its_message_where_it_was(on_call: OnCall) -> None:
    edits = on_call.chat.capabilities.edit
    await on_call.sees(API, after=MINUTE)
    worse = replace(API, severity=Severity.CRITICAL)
    await on_call.sees(worse, after=MINUTE)
    first, *later = on_call.chats["ops"].told
    assert [delivery.message.severity for delivery in on_call.chats["pager"].told] == [Severity.CRITICAL]
    assert not on_call.chats["pager"].told[0].replaces
    assert [(delivery.replaces, delivery.message.severity) for delivery in later] == (
        [(f"m{first.id}", Severity.CRITICAL)] if edits else []
    ), "no second message where it does not lead any more"
    await on_call.sees(gone=[worse], after=MINUTE)
    assert on_call.chats["ops"].reasons[-1] == on_call.chats["pager"].reasons[-1] == "resolved"
    assert on_call.chats["family"].told == []


@pytest.mark.parametrize("on_call", [ROUTES], indirect=True)
async def test_a_route_has_waits_of_its_own(on_call: OnCall) -> None:
    at_once, films = broken("Pod", "db", severity=Severity.CRITICAL), broken("Pod", "films", namespace="media")
    await on_call.sees(at_once, films, after=SECOND)
    assert told(on_call) == {"ops": [], "pager": ["first"], "family": []}
    await on_call.passes(MINUTE)
    for more in range(2, 7):
        await on_call.sees(replace(films, instances=tuple(f"films-{n}" for n in range(more))), after=MINUTE)
    assert on_call.chats["family"].reasons == ["first"], "edits keep their distance"
    await on_call.passes(10 * MINUTE)
    assert on_call.chats["family"].reasons == ["first", "moved"]
    assert on_call.chats["family"].last.blocks[0].text.startswith("6 × Pod")
    await on_call.sees(replace(films, instances=("films-0",)))
    await on_call.sees(gone=[films], after=MINUTE)
    assert on_call.chats["family"].reasons == ["first", "moved", "resolved"], "that it is over does not wait"
