"""From a fault to its cure on a cluster that lives: checks find it, a playbook fits, its verb mends it, the same check falls quiet."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.clocks import SteppedClock
from stead.declare import Playbook, Verb
from stead.domain.action import Action, ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.ports import Seen
from stead.practice import house
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image

START = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
SHELVES = shelves()


class Night:
    """A furnished cluster, an Estate on it with separate identities, and a clock that moves when it is told to."""

    def __init__(self, cluster: PracticeCluster, estate: KubernetesEstate, clock: SteppedClock) -> None:
        self.cluster = cluster
        self.estate = estate
        self.clock = clock

    async def passes(self, **duration: float) -> None:
        until = self.clock.now() + timedelta(**duration)
        while True:
            await self.cluster.settle()
            due = self.cluster.next_due()
            if due is None or due > until:
                break
            self.clock.advance_to(max(due, self.clock.now()))
        self.clock.advance_to(until)
        await self.cluster.settle()

    async def findings(self) -> Sequence[Finding]:
        return (await self.estate.scan()).findings

    async def proposals(self, playbook: Playbook) -> Sequence[ActionRequest]:
        return await playbook.propose(await self.findings(), self.estate, self.clock.now())

    async def act(self, verb: Verb, request: ActionRequest) -> Action:
        action = Action(id="1.1.1.1", incident=1, request=request)
        assert await verb.preflight(action, self.estate) == ""
        assert not await verb.landed(action, self.estate)
        await verb.apply(action, self.estate, self.estate.hands())
        assert await verb.landed(action, self.estate)
        return action


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    clock = SteppedClock(START)
    cluster = PracticeCluster(clock, seed=1, orphan_gc=False)
    await cluster.start(tmp_path)
    await house.furnish(cluster)
    reading, writing = (connect(clock, kubeconfig=str(cluster.kubeconfig(user)), environ={}) for user in (house.READER, house.WRITER))
    estate = KubernetesEstate("home", reading, SHELVES.checks.values(), clock, write_connection=writing)
    started = Night(cluster, estate, clock)
    await started.passes(minutes=2)
    yield started
    await estate.close()
    await cluster.stop()
    assert cluster.faults == []


async def test_a_pod_that_nobody_is_left_to_end(night: Night):
    name = house.strand_pod(night.cluster)
    await night.passes(minutes=20)
    (request,) = await night.proposals(SHELVES.playbooks["delete_stuck_pod"])
    assert request.subject.name == name

    await night.act(SHELVES.verbs["delete_pod"], request)
    await night.passes(minutes=1)

    assert night.cluster.get("Pod", "media", name) is None
    seen = await night.estate.observe(request.check, request.fingerprint, request.subject)
    assert (seen.seen, seen.present) == (Seen.ABSENT, False)


async def test_a_release_that_does_not_run(night: Night):
    house.ship_broken_release(night.cluster)
    await night.passes(minutes=5)
    (request,) = await night.proposals(SHELVES.playbooks["rollback_release"])
    assert request.subject.path == "shop/web"

    action = await night.act(SHELVES.verbs["rollback_revision"], request)
    await night.passes(minutes=15)

    live = night.cluster.get("Deployment", "shop", "web")
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == house.SHOP
    assert live["status"]["availableReplicas"] == 2
    seen = await night.estate.observe(request.check, request.fingerprint, action.request.subject)
    assert (seen.seen, seen.present) == (Seen.QUIET, True)


async def test_a_missing_key_is_neither_rolled_back_nor_surely_cured_by_a_restart(night: Night):
    house.break_configuration(night.cluster)
    await night.passes(minutes=10)
    assert [f.reason for f in await night.findings() if f.subject.namespace == "payments"][:1] == ["ConfigKeyMissing"]
    assert not await night.proposals(SHELVES.playbooks["rollback_release"])
    (request,) = await night.proposals(SHELVES.playbooks["restart_workload"])
    assert request.guess
    assert request.subject.path == "payments/api"


async def test_a_release_whose_image_is_not_there_goes_back_to_what_still_serves(night: Night):
    night.cluster.image("registry.example.com/shop:2.9", Image(exists=False))
    night.cluster.apply(house.deployment("shop", "web", "registry.example.com/shop:2.9", 2, node="node-2", progress_deadline=60))
    await night.passes(minutes=5)
    (request,) = await night.proposals(SHELVES.playbooks["rollback_release"])
    assert not request.guess
    assert request.reason == "revision 2 is at fault, and revision 1 still serves"

    await night.act(SHELVES.verbs["rollback_revision"], request)
    await night.passes(minutes=2)

    assert not [f for f in await night.findings() if f.subject.namespace == "shop"]
