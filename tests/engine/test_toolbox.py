"""Which tools a model is offered: those for the incident's kinds at once, the rest when it asks, and nothing that does not fit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.engine.test_investigate import LIST, Lab, after, concludes

from stead.clocks import SteppedClock
from stead.declare import Looked, Tool, Toolset
from stead.domain.run import Ending, Speaker
from stead.ports import Estate
from stead.practice.model_server import Answer, Json
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import broken_release
from stead.tools.kubernetes import kubernetes


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No arguments."""


async def _tide(_: Estate, __: Nothing) -> Looked:
    return Looked(text="high water at noon")


TIDES = Toolset(
    name="tides",
    fits=lambda _: True,
    kinds=frozenset({"Harbour"}),
    tools=(Tool(name="tide", arguments=Nothing, run=_tide, page="When the water is high."),),
    page="Tides and currents. For ships.",
)


@pytest.fixture
async def lab(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(BareCluster(tmp_path, clock))
        broken_release(cluster)
        made = Lab(stack, cluster, clock)
        made.toolsets = [kubernetes, TIDES]
        yield made


async def _sinks(_: Estate, __: Nothing) -> Looked:
    return Looked(text=str({"password=hunter2secret": 1}["anchor"]))


async def _drifts(_: Estate, __: Nothing) -> Any:
    return {"high water": "noon"}


def offered(request: Json) -> list[str]:
    return [tool["function"]["name"] for tool in request["tools"]]


def ask_for(toolset: str) -> Answer:
    return Answer(calls=[("more_tools", {"toolset": toolset})])


async def test_a_tool_that_breaks_is_told_to_the_model_and_ends_nothing(lab: Lab) -> None:
    broken = [Tool(name=name, arguments=Nothing, run=run, page="x") for name, run in (("sink", _sinks), ("drift", _drifts))]
    lab.toolsets = [replace(TIDES, kinds=None, tools=(*TIDES.tools, *broken))]
    with capture_logs() as logged:
        outcome = await lab.play(after(Answer(calls=[("sink", {}), ("drift", {}), ("tide", {})]), concludes()))
    sink, drift, tide = (message.text for message in outcome.messages if message.speaker is Speaker.TOOL and message.tool != "conclude")
    assert "error: this tool broke (KeyError); that is no fault of the call's" in sink
    assert "error: this tool broke (AttributeError)" in drift and "high water at noon" in tide
    assert outcome.ending is Ending.CONCLUDED
    assert [each["tool"] for each in logged if each["event"] == "a tool broke"] == ["sink", "drift"]


async def test_what_does_not_fit_the_incident_is_offered_when_it_is_asked_for(lab: Lab) -> None:
    outcome = await lab.play(after(ask_for("tides"), Answer(calls=[("tide", {})]), concludes()))
    first, second, third = lab.asked
    assert "tide" not in offered(first) and "more_tools" in offered(first)
    described = next(tool["function"] for tool in first["tools"] if tool["function"]["name"] == "more_tools")
    assert described["description"] == "Get more tools, by toolset: tides (Tides and currents)"
    assert offered(second) == offered(third) == [*offered(first), "tide"]
    assert "from now on there are: tide" in lab.told() and "high water at noon" in lab.told()
    assert outcome.ending is Ending.CONCLUDED


async def test_what_is_for_the_incidents_kinds_is_offered_at_once(lab: Lab) -> None:
    await lab.play(after(Answer(calls=[LIST]), concludes()), kinds=("Harbour", "Pod"))
    assert "tide" in offered(lab.asked[0]) and "more_tools" not in offered(lab.asked[0])


async def test_what_was_asked_for_before_it_parked_is_there_when_it_goes_on(lab: Lab) -> None:
    first = await lab.play(after(ask_for("tides"), concludes()))
    lab.steps.clear()
    await lab.play(after(concludes()), history=first.messages)
    assert "tide" in offered(lab.asked[0])


async def test_a_toolset_that_is_not_there_is_told_and_nothing_is_offered(lab: Lab) -> None:
    lab.toolsets.append(replace(TIDES, name="stars", fits=lambda _: False))
    await lab.play(after(ask_for("stars"), concludes()))
    assert "there is no toolset `stars` to get; there are: tides" in lab.told()
    assert offered(lab.asked[1]) == offered(lab.asked[0])
