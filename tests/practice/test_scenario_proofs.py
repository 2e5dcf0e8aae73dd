"""Every shipped scenario means what it says; and one that does not is found out."""

from __future__ import annotations

import pytest

from stead.app.yaml_file import parse_yaml
from stead.practice.run_proofs import proofs
from stead.practice.scenario import Scenario, named, parse, shipped_names

GOOD = """\
name: scaled-away
title: Somebody scales a service to nothing
action: capacity
estate:
  objects:
    - deployment: {name: payments/api, image: registry.example.com/api:1, replicas: 2}
fault:
  steps:
    - patch: {object: Deployment payments/api, change: {spec: {replicas: 0}}}
find: {cause: Deployment payments/api}
solve:
  - patch: {object: Deployment payments/api, change: {spec: {replicas: 2}}}
solved:
  - {object: Deployment payments/api, path: status.readyReplicas, equals: 2}
ending: escalated
"""


def scenario(text: str) -> Scenario:
    return parse(parse_yaml(text, "scaled-away.yaml"))


@pytest.mark.parametrize("name", shipped_names())
async def test_a_scenario_means_what_it_says(name: str) -> None:
    assert await proofs(named(name)) == []


async def test_a_scenario_of_ones_own_is_proven() -> None:
    assert await proofs(scenario(GOOD)) == []


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        ("change: {spec: {replicas: 0}}", "change: {spec: {paused: true}}", "`solved` holds: nothing is broken"),
        ("- patch: {object: Deployment payments/api, change: {spec: {replicas: 0}}}", "- delete: Pod payments/api-*", "`solved` holds"),
        ("find:", "    - wait: 5m\n    - patch: {object: Deployment payments/api, change: {spec: {replicas: 2}}}\nshows_after: 0s\nfind:",
         "nothing is broken"),
        ("solve:\n  - patch: {object: Deployment payments/api, change: {spec: {replicas: 2}}}",
         "solve:\n  - restart: Deployment payments/api", "after `solve`, this does not hold: Deployment payments/api status.readyReplicas"),
        ("image: registry.example.com/api:1, replicas: 2}", "image: registry.example.com/api:1, replicas: 2, memory: 900Gi}",
         "without the fault, pod_pending finds"),
    ],
)  # fmt: skip
async def test_one_that_does_not_is_found_out(written: str, instead: str, says: str) -> None:
    assert written in GOOD
    wrong = await proofs(scenario(GOOD.replace(written, instead)))
    assert says in "\n".join(wrong)


async def test_a_fault_that_heals_by_itself_is_no_fault() -> None:
    heals = GOOD.replace("find:", "    - wait: 0s\nshows_after: 10s\nfind:").replace(
        "- patch: {object: Deployment payments/api, change: {spec: {replicas: 0}}}", "- delete: Pod payments/api-*"
    )
    slow = heals.replace("estate:", "images: {registry.example.com/api:1: {ready_after: 30}}\nestate:").replace(
        "replicas: 2}\nfault", "replicas: 2, probe: true}\nfault"
    )
    assert [text for text in await proofs(scenario(slow)) if "heals by itself" in text]


async def test_where_nothing_is_wrong_it_stays_well_with_the_fault_in() -> None:
    harmless = GOOD.replace("find: {cause: Deployment payments/api}\n", "").replace("ending: escalated", "ending: nothing")
    harmless = harmless.replace("solve:\n  - patch: {object: Deployment payments/api, change: {spec: {replicas: 2}}}\n", "")
    assert "nothing should be wrong in the end" in "\n".join(await proofs(scenario(harmless)))
    assert await proofs(scenario(harmless.replace("change: {spec: {replicas: 0}}", "change: {spec: {replicas: 2}}"))) == []
