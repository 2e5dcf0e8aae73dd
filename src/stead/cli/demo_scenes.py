"""The five scenes of the demo: a fault, and what must be seen before it counts as told.

A scene waits for events, never for time; one that does not come out as told within its deadline (of the cluster's time) fails the demo.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from stead.cli.client import Client
from stead.cli.story import Story
from stead.clocks import SteppedClock
from stead.practice import house
from stead.practice.cluster import PracticeCluster

Event = dict[str, Any]

DEADLINE = timedelta(minutes=20)
"""Of the cluster's time. The slowest scene takes about four minutes."""

_LOOK_EVERY = 0.05


@dataclass
class Stage:
    """What a scene plays on, and what has been seen so far."""

    cluster: PracticeCluster
    story: Story
    client: Client
    clock: SteppedClock
    folder: Path
    seen: list[Event] = field(default_factory=list[Event])

    async def ask(self, path: str, **query: str | int) -> Any:
        return await asyncio.to_thread(self.client.get, path, **query)

    async def answer(self, approval: str, decision: str, reason: str) -> None:
        """As a person would: by the API."""
        number = approval.removeprefix("A-")
        await asyncio.to_thread(self.client.post, f"/api/approvals/{number}/decision", {"decision": decision, "reason": reason})

    async def until(self, told: Callable[[Sequence[Event]], Any]) -> bool:
        """Tell events as they come until `told(events)` holds; False when the deadline passes first."""
        deadline = self.clock.now() + DEADLINE
        while True:
            after = self.seen[-1]["seq"] if self.seen else 0
            for event in await self.ask("/api/events", after=after):
                self.seen.append(event)
                self.story.tell(event)
            if told(self.seen):
                return True
            if self.clock.now() > deadline:
                return False
            await asyncio.sleep(_LOOK_EVERY)

    async def until_said(self) -> bool:
        """Until everything that is to be told has left."""
        while (await self.ask("/api/status"))["deliveries"]["queued"]:
            if not await self.until(lambda _: True):
                return False
            await asyncio.sleep(_LOOK_EVERY)
        return await self.until(lambda _: True)

    def names(self, name: str, **data: Any) -> list[Event]:
        """The events of this name whose data holds these values."""
        return [e for e in self.seen if e["name"] == name and all(e["data"].get(key) == value for key, value in data.items())]


@dataclass(frozen=True)
class Scene:
    title: str
    what: str
    play: Callable[[Stage], Awaitable[bool]]


async def _blind_spot(stage: Stage) -> bool:
    """Nothing is broken yet, and still it is not green: one look was refused."""
    blind = await stage.until(lambda _: stage.names("finding.opened", state="blind") and stage.names("delivery.sent"))
    status = await stage.ask("/api/status")
    return blind and status["colour"] == "blind"


async def _missing_key(stage: Stage) -> bool:
    house.break_configuration(stage.cluster)
    if not await stage.until(
        lambda _: _incident(stage, "payments/api") and _denied(stage, "payments/api") and _told(stage, "payments/api")
    ):
        return False
    incident = await _story_of(stage, "payments/api")
    words = str(incident["title"]) + str(incident["findings"])
    return "database-url" in words and "api-config" in words and not stage.names("action.intent")


async def _stuck_pod(stage: Stage) -> bool:
    pod = house.strand_pod(stage.cluster)
    proven = await stage.until(lambda _: _proven(stage, "delete_pod") and _over(stage, "media/transcoder"))
    return proven and stage.cluster.get("Pod", "media", pod) is None


async def _broken_release(stage: Stage) -> bool:
    house.ship_broken_release(stage.cluster)
    if not await stage.until(lambda _: stage.names("approval.asked", verb="rollback_revision")):
        return False
    asked = stage.names("approval.asked", verb="rollback_revision")[0]
    await stage.until_said()
    await stage.answer(asked["data"]["approval"], "approve", "roll it back, we look at it in the morning")
    return await stage.until(lambda _: _proven(stage, "rollback_revision") and _over(stage, "shop/web"))


async def _dead_node(stage: Stage) -> bool:
    before = len(stage.names("incident.opened"))
    house.kill_node(stage.cluster)
    if not await stage.until(lambda _: _told(stage, "node-3")):
        return False
    # Its pods are missed one after another: still one incident, and one message.
    dead = stage.clock.now()
    await stage.until(lambda _: stage.clock.now() >= dead + timedelta(minutes=3))
    house.revive_node(stage.cluster)
    over = await stage.until(lambda _: _over(stage, "node-3"))
    return over and len(stage.names("incident.opened")) == before + 1


SCENES = (
    Scene(
        "A look that is refused",
        "Nobody gave Stead the right to list persistent volume claims. What it cannot see it does not call healthy.",
        _blind_spot,
    ),
    Scene(
        "A missing setting",
        "payments/api is deployed; its ConfigMap lacks a key that the program needs.",
        _missing_key,
    ),
    Scene(
        "A pod that cannot end",
        "The node of a pod in media dies while the pod is being deleted, and is taken out of the cluster.",
        _stuck_pod,
    ),
    Scene(
        "A broken release",
        "shop/web 2.1 is rolled out, and does not stay up.",
        _broken_release,
    ),
    Scene(
        "A dead node",
        "node-3 falls silent, with thirty pods on it; a while later somebody plugs it in again.",
        _dead_node,
    ),
)


def _incident(stage: Stage, about: str) -> int | None:
    """The newest incident whose title names it."""
    numbers = [e["incident"] for e in stage.seen if e["name"].startswith("incident.") and about in e["data"]["title"]]
    return numbers[-1] if numbers else None


async def _story_of(stage: Stage, about: str) -> dict[str, Any]:
    return await stage.ask(f"/api/incidents/I-{_incident(stage, about)}")


def _told(stage: Stage, about: str) -> bool:
    number = _incident(stage, about)
    return any(e["incident"] == number for e in stage.names("delivery.sent"))


def _denied(stage: Stage, about: str) -> bool:
    return any(about in e["data"]["subject"] for e in stage.names("decision.made", verdict="deny"))


def _proven(stage: Stage, verb: str) -> bool:
    return bool(stage.names("action.proof", verb=verb, proven=True))


def _over(stage: Stage, about: str) -> bool:
    """Its incident is closed, and that was told."""
    number = _incident(stage, about)
    closed = any(e["incident"] == number for e in stage.names("incident.closed"))
    return closed and any(e["incident"] == number for e in stage.names("delivery.sent", state="resolved"))
