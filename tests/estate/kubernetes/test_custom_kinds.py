"""Custom kinds on a whole cluster: they are found, followed as they come and go, and what may not be read is told apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.checks.custom.custom_resource import custom_resource
from stead.clocks import SteppedClock
from stead.domain.finding import Finding, FindingState
from stead.domain.trigger import Sightings
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.custom_kinds import defined, is_custom, rank
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.slices import CustomResourceDefinition
from stead.ports import Seen
from stead.practice.cluster import PracticeCluster

LOOK = ["get", "list", "watch"]
DEFINITIONS = {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], "verbs": LOOK}
WIDGETS = {"apiGroups": ["shop.example.com"], "resources": ["widgets"], "verbs": LOOK}


def definition(kind: str = "Widget", group: str = "shop.example.com", versions: tuple[str, ...] = ("v1",), **spec: Any) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    open_schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    listed = [
        {"name": v, "served": True, "storage": n == 0, "schema": open_schema, "subresources": {"status": {}}}
        for n, v in enumerate(versions)
    ]
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": listed} | spec,
    }


class Shop:
    """A practice cluster with a definition, and an estate that watches it with the check of custom resources."""

    def __init__(self, cluster: PracticeCluster, clock: SteppedClock) -> None:
        self.cluster, self.clock = cluster, clock
        self.estate: KubernetesEstate = None  # type: ignore[assignment]
        self.heard: list[Sightings] = []
        self._listening: asyncio.Task[None] | None = None

    def open(self, user: str = "admin") -> KubernetesEstate:
        connection = connect(self.clock, kubeconfig=str(self.cluster.kubeconfig(user)), environ={})
        self.estate = KubernetesEstate("home", connection, [custom_resource], self.clock)
        return self.estate

    async def watch(self, user: str = "admin") -> None:
        self.open(user)
        self._listening = asyncio.create_task(self._listen())
        await self.settle()

    def widget(self, name: str, status: str, reason: str = "") -> None:
        self.cluster.apply({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": name, "namespace": "default"}})
        at = (self.clock.now() - timedelta(hours=1)).isoformat()
        stated = {"type": "Ready", "status": status, "reason": reason, "message": "no route to host", "lastTransitionTime": at}

        def say(obj: dict[str, Any]) -> None:
            obj["status"] = {"conditions": [stated]}

        self.cluster.edit("Widget", "default", name, say, subresource="status")

    async def settle(self) -> None:
        quiet = 0
        while quiet < 2:
            for _ in range(20):
                await asyncio.sleep(0)
            quiet = quiet + 1 if self.cluster.quiescent and await self.estate.caught_up() else 0

    async def pass_time(self, **time: float) -> None:
        until = self.clock.now() + timedelta(**time)
        while True:
            await self.settle()
            due = self.clock.next_due()
            if due is None or due > until:
                break
            self.clock.advance_to(due)
        self.clock.advance_to(until)
        await self.settle()

    @property
    def now(self) -> dict[str, Finding]:
        held: dict[str, Finding] = {}
        for one in self.heard:
            held = {} if one.complete else {key: f for key, f in held.items() if key not in one.gone}
            held |= {f.fingerprint: f for f in one.seen}
        return held

    def told(self) -> set[tuple[str, str, FindingState]]:
        return {(f.subject.name, f.reason, f.state) for f in self.now.values()}

    async def end(self) -> None:
        if self.estate is not None:
            await self.estate.close()
        if self._listening is not None:
            await self._listening
        await self.cluster.stop()
        assert self.cluster.faults == []

    async def _listen(self) -> None:
        async for one in self.estate.sightings():
            self.heard.append(one)


@pytest.fixture
async def shop(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Shop]:
    cluster = PracticeCluster(clock, seed=1)
    await cluster.start(tmp_path)
    await cluster.settle()
    story = Shop(cluster, clock)
    yield story
    await story.end()


SICK = {("sick", "NotReady", FindingState.FIRING)}


async def test_a_scan_finds_the_sick_one_of_a_kind_that_nobody_knew(shop: Shop) -> None:
    shop.cluster.apply(definition())
    shop.clock.advance(timedelta(hours=1))
    shop.widget("well", "True")
    shop.widget("sick", "False", "ConnectFailed")
    shop.clock.advance(timedelta(hours=1))
    found = await shop.open().scan()
    assert [(f.subject.kind, f.subject.path, f.reason) for f in found.findings] == [("Widget", "default/sick", "NotReady")]
    assert found.counts["Widget.shop.example.com"] == 2
    (finding,) = found.findings
    assert finding.evidence[0].command.startswith("kubectl -n default get widgets.shop.example.com sick")
    assert [(e.value, e.tainted) for e in finding.evidence][1] == ("no route to host", True)


async def test_a_kind_is_followed_from_its_definition_to_its_end(shop: Shop) -> None:
    await shop.watch()
    assert shop.told() == set()
    shop.cluster.apply(definition())
    await shop.settle()
    shop.widget("sick", "False", "ConnectFailed")
    await shop.pass_time(minutes=10)
    assert shop.told() == SICK
    (finding,) = shop.now.values()
    assert (await shop.estate.observe("custom_resource", finding.fingerprint, finding.subject)).seen is Seen.FIRING
    shop.widget("sick", "True")
    await shop.pass_time(seconds=1)
    assert shop.told() == set()
    shop.widget("sick", "False", "ConnectFailed")
    await shop.pass_time(seconds=1)
    assert shop.told() == SICK
    shop.cluster.delete("CustomResourceDefinition", "", "widgets.shop.example.com")
    await shop.pass_time(minutes=1)
    assert shop.told() == set()


async def test_what_the_role_never_covered_is_not_covered(shop: Shop) -> None:
    shop.cluster.apply(definition(), definition("Gadget"))
    shop.widget("sick", "False", "ConnectFailed")
    shop.clock.advance(timedelta(hours=1))
    shop.cluster.user("narrow", [DEFINITIONS, WIDGETS])
    found = await shop.open("narrow").scan()
    assert [f.subject.name for f in found.findings] == ["sick"]
    assert (found.blind, found.not_covered) == ((), ("gadgets.shop.example.com",))


async def test_without_definitions_the_api_server_itself_says_which_kinds_there_are(shop: Shop) -> None:
    shop.cluster.apply(definition())
    shop.widget("sick", "False", "ConnectFailed")
    shop.clock.advance(timedelta(hours=1))
    shop.cluster.user("narrow", [WIDGETS])
    found = await shop.open("narrow").scan()
    assert [f.subject.name for f in found.findings] == ["sick"]
    assert (found.blind, found.not_covered) == ((), ("customresourcedefinitions.apiextensions.k8s.io",))
    await shop.estate.close()
    await shop.watch("narrow")
    await shop.pass_time(seconds=10)
    assert shop.told() == SICK


async def test_what_was_seen_and_is_refused_later_is_blind(wire: Any, script: Any, watch: Any) -> None:
    named = {"name": "sick", "namespace": "default", "uid": "u", "resourceVersion": "5", "creationTimestamp": "2025-01-01T00:00:00Z"}
    widget = {"metadata": named, "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ConnectFailed"}]}}
    stream = script.Stream()
    wire.on(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        script.Stream(script.event("ADDED", definition()), script.first_end()),
        watch=True,
    )
    wire.on("/apis/shop.example.com/v1/widgets", script.answer(script.listing(widget)))
    wire.on("/apis/shop.example.com/v1/widgets", stream, script.refuse(403, "Forbidden"), watch=True)
    watching = watch(checks=[custom_resource])
    assert [f.subject.name for f in (await watching.next()).seen] == ["sick"]
    stream.end()
    found = await watching.next(within=60)
    assert [(f.subject.name, f.reason, f.state) for f in found.seen] == [("widgets.shop.example.com", "Forbidden", FindingState.BLIND)]
    assert (found.gone, found.unseen) == ((), {("shop.example.com", "Widget")})


async def test_what_could_not_be_read_after_a_start_is_not_called_gone(shop: Shop) -> None:
    shop.cluster.apply(definition())
    shop.cluster.user("narrow", [DEFINITIONS])
    await shop.watch("narrow")
    first = shop.heard[0]
    assert first.complete
    assert first.unseen == {("shop.example.com", "Widget")}


def test_one_version_of_a_kind_is_read_the_one_that_the_api_server_prefers() -> None:
    made = convert_object(CustomResourceDefinition, definition(versions=("v1alpha1", "v2beta1", "v1", "v10")))
    (kind,) = defined([made])
    assert (kind.api_version, kind.plural, kind.namespaced) == ("shop.example.com/v10", "widgets", True)
    assert sorted(["v1", "v2alpha1", "v1beta2", "foo", "v2"], key=rank, reverse=True) == ["v2", "v1", "v1beta2", "v2alpha1", "foo"]


@pytest.mark.parametrize("served", [False, True])
def test_a_kind_that_is_not_served_is_not_read(served: bool) -> None:
    whole = definition()
    whole["spec"]["versions"][0]["served"] = served
    assert bool(defined([convert_object(CustomResourceDefinition, whole)])) is served


@pytest.mark.parametrize(
    ("api_version", "kind", "custom"),
    [
        ("shop.example.com/v1", "Widget", True),
        ("gateway.networking.k8s.io/v1", "Gateway", True),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", True),
        ("apps/v1", "Deployment", False),
        ("v1", "Secret", False),
        ("networking.k8s.io/v1", "Ingress", False),
        ("metrics.k8s.io/v1beta1", "PodMetrics", False),
        ("cert-manager.io/v1", "Certificate", False),
        ("cilium.io/v2", "CiliumEndpoint", False),
    ],
)
def test_what_is_built_in_or_a_mere_record_is_no_custom_resource(api_version: str, kind: str, custom: bool) -> None:
    assert is_custom(api_version, kind) is custom
