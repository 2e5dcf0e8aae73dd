"""Evidence that comes after the first word edits the message: folded, not too often, and never for a mere counter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.delivery import BlockKind
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.held import hold

SECOND, SHORT, MINUTE = timedelta(seconds=1), timedelta(seconds=10), timedelta(minutes=1)
API = broken("Pod", "api")


def knows(fault: Finding, *values: str) -> Finding:
    return replace(fault, evidence=tuple(Evidence(what="last words", value=value, command="kubectl logs api") for value in values))


def evidence(on_call: OnCall) -> list[str]:
    """What the message that stands shows."""
    return [block.text.partition(": ")[2] for block in on_call.chat.last.blocks if block.kind is BlockKind.EVIDENCE]


async def test_a_log_that_was_read_later_edits_the_message(on_call: OnCall) -> None:
    await on_call.sees(API, after=SHORT)
    assert evidence(on_call) == []
    await on_call.sees(knows(API, "connection to db:5432 refused"), after=MINUTE)
    assert evidence(on_call) == ["connection to db:5432 refused"]
    assert (len(on_call.chat.told), len(on_call.chat.messages)) == (2, 1)
    await on_call.sees(knows(API, "connection to db:5432 refused", "no route to host"), after=MINUTE)
    assert evidence(on_call) == ["connection to db:5432 refused", "no route to host"]
    assert (len(on_call.chat.told), len(on_call.chat.messages)) == (3, 1)


async def test_what_comes_before_the_first_word_is_in_it(on_call: OnCall) -> None:
    await on_call.sees(API, after=SECOND)
    await on_call.sees(knows(API, "no such table"), after=MINUTE)
    assert (evidence(on_call), len(on_call.chat.told)) == (["no such table"], 1)


async def test_a_counter_that_moves_on_edits_nothing_and_is_shown_with_the_next_edit(on_call: OnCall) -> None:
    await on_call.sees(knows(API, "restarted 14 times, last at 09:12:44"), after=SHORT)
    for count in range(15, 20):
        await on_call.sees(knows(API, f"restarted {count} times, last at 09:{count}:01"), after=MINUTE)
    assert len(on_call.chat.told) == 1
    await on_call.sees(replace(knows(API, "restarted 20 times, last at 09:20:01"), severity=Severity.CRITICAL), after=SHORT)
    assert evidence(on_call) == ["restarted 20 times, last at 09:20:01"]


async def test_much_new_evidence_within_a_moment_is_one_edit_of_the_newest(on_call: OnCall) -> None:
    await on_call.sees(API, after=SHORT)
    for words in ("one", "two", "three", "four"):
        await on_call.sees(knows(API, words), after=SECOND)
    await on_call.passes(MINUTE)
    assert (evidence(on_call), len(on_call.chat.told)) == (["four"], 2)


async def test_evidence_that_waits_goes_out_with_what_is_urgent(on_call: OnCall) -> None:
    await on_call.sees(API, after=SHORT)
    await on_call.sees(knows(API, "disk full"), after=2 * SECOND)
    assert len(on_call.chat.told) == 1, "an edit for evidence alone waits"
    await on_call.sees(replace(knows(API, "disk full"), severity=Severity.CRITICAL), after=2 * SECOND)
    assert (evidence(on_call), on_call.chat.reasons) == (["disk full"], ["first", "worse"])
    await on_call.passes(MINUTE)
    assert len(on_call.chat.told) == 2


async def test_only_what_explains_the_incident_shows_its_evidence(on_call: OnCall) -> None:
    node = broken("Node", "n1", "node_not_ready")
    symptom = replace(API, depends_on=(node.subject,))
    await on_call.sees(node, symptom, after=SHORT)
    await on_call.sees(knows(symptom, "gone"), after=MINUTE)
    assert len(on_call.chat.told) == 1


@pytest.mark.parametrize("on_call", [{"edit": False}], indirect=True)
async def test_a_channel_that_cannot_edit_does_not_ring_for_it(on_call: OnCall) -> None:
    await on_call.sees(API, after=SHORT)
    await on_call.sees(knows(API, "no such table"), after=MINUTE)
    assert len(on_call.chat.told) == 1


async def test_a_secret_that_a_stranger_says_reaches_neither_message_nor_store(on_call: OnCall) -> None:
    hold("plain word of a token")
    said = "login as sam with plain word of a token failed, postgres://sam:hunter22@db/shop"
    fault = replace(API, evidence=(Evidence(what="it says", value=said, tainted=True),), summary=f"api: {said}")
    await on_call.sees(fault, after=SHORT)
    await on_call.sees(fault, after=MINUTE)
    stored = json.dumps([await on_call.incident(), await on_call.stead.events(limit=1000)])
    for where in (stored, repr(on_call.chat.told)):
        assert "login as sam with [redacted] failed" in where
        assert "plain word" not in where
        assert "hunter22" not in where
    assert len(on_call.chat.told) == 1, "the same thing said again is nothing new"
