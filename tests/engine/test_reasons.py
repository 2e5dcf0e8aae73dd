"""Why it is one incident, why Stead spoke or was silent, acted or not, and how it all hangs together: from what was stored."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.conftest import OnCall, broken

from stead.app import graphs, reasons, why_not
from stead.app.silences import wanted
from stead.cli import graph as drawing
from stead.domain.errors import UserError
from stead.domain.finding import Severity
from stead.domain.people import Principal, PrincipalKind, Role
from stead.engine import silencing

ANNA = Principal(kind=PrincipalKind.PERSON, name="anna", role=Role.APPROVER)
MINUTE = timedelta(minutes=1)

NODE = broken("Node", "n1", "node_not_ready", severity=Severity.CRITICAL, summary="node n1 does not answer")
API = broken("Deployment", "api").subject
POD = broken("Pod", "api-x", "pod_not_ready", depends_on=(NODE.subject,), top=API, instances=("api-x", "api-y"))
SERVICE = broken("Service", "api", "service_without_endpoints", depends_on=(API,), severity=Severity.CRITICAL)
OTHERS = [
    broken("Pod", f"app-{n}-x", "pod_not_ready", depends_on=(NODE.subject,), top=broken("Deployment", f"app-{n}").subject)
    for n in range(40)
]


async def graph_of(on_call: OnCall, number: int = 1) -> dict[str, Any]:
    found = await on_call.stead.store.look(graphs.graph, number)
    assert found is not None
    return found


async def why(on_call: OnCall, number: int = 1) -> dict[str, list[str]]:
    found = await on_call.stead.store.look(reasons.why, number)
    assert found is not None
    return {part["question"]: [answer["text"] for answer in part["answers"]] for part in found["why"]}


async def test_the_tree_leads_from_the_cause_to_each_symptom_by_a_named_relation(on_call: OnCall) -> None:
    await on_call.sees(NODE, POD, SERVICE, *OTHERS, after=MINUTE)
    assert list(drawing.tree(await graph_of(on_call)))[2:5] == [
        "Node n1: node n1 does not answer",
        "├─ (runs on) Deployment payments/api, 2 of them: api-x is broken",
        "│  └─ (selects) Service payments/api: api is broken",
    ]
    lines = list(drawing.tree(await graph_of(on_call)))
    assert (len(lines), lines[-1]) == (13, "└─ (runs on) 33 pods more")


async def test_the_picture_is_one_file_that_asks_nobody_for_anything(on_call: OnCall) -> None:
    odd = broken("Pod", "<script>&\x1b[2J", "pod_not_ready", depends_on=(NODE.subject,), summary='"><image href="http://x"/> \u202e' * 9)
    await on_call.sees(NODE, POD, SERVICE, odd, after=MINUTE)
    svg = drawing.svg(await graph_of(on_call))
    root = ET.fromstring(svg)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "style", "rect", "text", "g", "path"}
    values = [value for element in root.iter() for value in element.attrib.values()]
    assert [value for value in values if "//" in value or "url(" in value] == []
    assert "url(" not in svg
    assert "@import" not in svg
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {"runs on", "selects", "Node n1", "Service payments/api"} <= set(texts)
    boxes = [element for element in root.iter() if element.get("class", "") == "b"]
    assert len({(box.get("x"), box.get("y")) for box in boxes}) == len(boxes) == 4


async def test_an_incident_that_is_over_is_drawn_as_it_was(on_call: OnCall) -> None:
    await on_call.sees(NODE, POD, after=MINUTE)
    await on_call.sees(gone=[NODE, POD], after=MINUTE)
    lines = list(drawing.tree(await graph_of(on_call)))
    assert lines[2:] == [
        "Node n1 (over): node n1 does not answer",
        "└─ (runs on) Deployment payments/api, 2 of them (over): api-x is broken",
    ]


async def test_why_answers_from_what_was_stored(on_call: OnCall) -> None:
    await on_call.sees(POD, after=MINUTE)
    await on_call.sees(NODE, after=MINUTE)
    ends = on_call.clock.now() + MINUTE
    await on_call.stead.change(silencing.silence, matchers=wanted(["kind=Node"]), by=ANNA, comment="a new disk", ends_at=ends)
    await on_call.sees(SERVICE, after=10 * MINUTE)
    said = await why(on_call)
    assert said["Why is it an incident?"] == ["check node_not_ready found its cause, Broken: node n1 does not answer"]
    assert said["Why is it one, and not several?"][0] == "Deployment payments/api runs on Node n1"
    assert said["Why is it critical?"][-1] == "critical, because node_not_ready says critical of Node n1"
    spoken = said["Why did it say something, or nothing?"]
    assert spoken[:2] == ["chat was told, because it was new", "chat was told, because it got worse"]
    assert any("a new disk (person:anna)" in text for text in spoken)
    assert spoken[-1] == "chat was told, because something about it changed: an edit, without a sound"
    acted = said["Why did it act, or not?"]
    assert acted == ["replace_failing_pod looked at it, and had nothing to propose"]


@given(st.text() | st.from_regex(r"\A[a-z/ ]{0,20}\Z"))
def test_whatever_is_asked_names_something_or_is_refused_in_one_sentence(text: str) -> None:
    try:
        asked = why_not.parse(text)
    except UserError as error:
        assert "\n" not in error.what
    else:
        assert asked.name
        assert not asked.means(NODE.subject) or asked.name == "n1"


@given(st.text(min_size=1).filter(lambda text: "/" not in text and text.strip()), st.sampled_from(["", "pod", "widget.example.com"]))
def test_a_finding_is_found_by_its_name_whatever_that_is(name: str, kind: str) -> None:
    subject = replace(NODE.subject, kind=kind or "Node", name=name.strip())
    asked = why_not.parse(f"{kind}/{name}" if kind else name)
    if kind:  # Two parts may be a namespace and a name, and are tried as a kind second.
        asked = why_not.Asked(asked.namespace.lower(), "", asked.name)
    assert asked.means(subject)


async def test_why_not_tells_what_is_known_what_is_muted_and_what_was(on_call: OnCall) -> None:
    await on_call.stead.change(silencing.silence, matchers=wanted(["owner=api"]), by=ANNA, comment="it is new", ends_at=None)
    await on_call.sees(POD, broken("Pod", "web"), after=MINUTE)
    (muted,) = (await why_not.why_not(on_call.stead, "payments/api"))["because"][:1]
    assert muted == "it is known as I-1, and says nothing because of silence S-1, it is new (person:anna)"
    for asked in ("deployment/payments/api", "Deployments/payments/api", "pod/payments/api-x", "api"):
        assert (await why_not.why_not(on_call.stead, asked))["incidents"], asked
    assert not (await why_not.why_not(on_call.stead, "service/payments/api"))["incidents"]
    assert (await why_not.why_not(on_call.stead, "payments/web"))["because"][0].startswith("it was told: I-2")

    await on_call.sees(NODE, after=MINUTE)
    await on_call.sees(gone=[NODE], after=MINUTE)
    found = await why_not.why_not(on_call.stead, "node/n1")
    assert [past["summary"] for past in found["past"]] == ["node n1 does not answer"]
    for wrong in ("", "/", "a/b/c/d"):
        with pytest.raises(UserError):
            await why_not.why_not(on_call.stead, wrong)
