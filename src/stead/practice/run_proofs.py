"""Proofs that a scenario means what it says, without a Stead but for its checks."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from stead.app.discover import shelves
from stead.domain.finding import Finding, FindingClass, FindingState
from stead.practice.run_roles import READER, read_rules
from stead.practice.run_world import World
from stead.practice.scenario import Ending, Scenario


async def proofs(scenario: Scenario) -> list[str]:
    """What is wrong with the scenario itself, one sentence each; nothing when it proves what it says."""
    wrong = await _left_out(scenario)
    return wrong + (await _nothing_to_do(scenario) if scenario.ending is Ending.NOTHING else await _fault_and_cure(scenario))


async def _left_out(scenario: Scenario) -> list[str]:
    """With the fault taken out there is nothing to find, as long as a run would last."""
    with tempfile.TemporaryDirectory(prefix="stead-practice-") as folder:
        world = await World.open(scenario, Path(folder))
        try:
            world.cluster.user(READER, read_rules())
            found = {f.fingerprint: f for f in await findings(world)}
            await world.play(scenario.harmless, scenario.fault_at + scenario.limit)
            found |= {f.fingerprint: f for f in await findings(world)}
        finally:
            await world.cluster.stop()
    return [f"without the fault, {f.check} finds {f.subject}: {f.summary}" for f in found.values()]


async def findings(world: World) -> list[Finding]:
    """What the checks find at this moment, through the API; what they cannot see is among it, and what may still come right is not."""
    from stead.estate.kubernetes.connection import connect
    from stead.estate.kubernetes.estate import KubernetesEstate

    checks = [check for check in shelves().checks.values() if check.class_ is FindingClass.FAULT]
    connection = connect(world.clock, kubeconfig=str(world.cluster.kubeconfig(READER)))
    estate = KubernetesEstate("home", connection, checks, world.clock)
    try:
        seen = await estate.scan()
    finally:
        await estate.close()
    return [*(found for found in seen.findings if found.state is not FindingState.PROGRESSING), *seen.blind]


async def _fault_and_cure(scenario: Scenario) -> list[str]:
    wrong: list[str] = []
    world = await World.open(scenario, Path(), serve=False)
    shown = scenario.fault_over + scenario.shows_after
    await world.play((*scenario.harmless, *scenario.fault), shown)
    if world.solved():
        wrong.append(f"{scenario.shows_after} after the fault, `solved` holds: nothing is broken")
    await world.let_pass(max(timedelta(), scenario.limit - scenario.shows_after))
    if world.solved():
        wrong.append(f"left alone, it is well after {scenario.limit}: it heals by itself")
    await world.do_all(scenario.solve)
    await world.let_pass(scenario.heals_within)
    wrong += [f"after `solve`, this does not hold: {predicate}" for predicate in scenario.solved if not world.holds(predicate)]
    return wrong + [f"the practice cluster failed: {fault}" for fault in world.cluster.faults]


async def _nothing_to_do(scenario: Scenario) -> list[str]:
    world = await World.open(scenario, Path(), serve=False)
    wrong: list[str] = []
    if not world.solved():
        wrong.append("before anything happens, `solved` does not hold")
    await world.play((*scenario.harmless, *scenario.fault), scenario.fault_over + scenario.limit)
    wrong += [f"nothing should be wrong in the end, and this does not hold: {p}" for p in scenario.solved if not world.holds(p)]
    return wrong + [f"the practice cluster failed: {fault}" for fault in world.cluster.faults]
