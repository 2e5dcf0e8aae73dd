"""Neighbours are well at every moment, whatever they look like; and a scenario without any is none that people would meet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stead.app.yaml_file import parse_yaml
from stead.domain.errors import UserError
from stead.practice.neighbours import neighbour_names, neighbours
from stead.practice.run_proofs import proofs
from stead.practice.run_world import World
from stead.practice.scenario import Scenario, parse, shipped

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scenario.md"

ALONE = """\
name: alone
title: Nothing happens but what neighbours do
action: none
neighbours: [NAME]
fault:
  - {at: 1m, steps: [{wait: 5m}]}
solved:
  - {object: Node node-1, exists: true}
ending: nothing
"""


def beside(name: str) -> Scenario:
    return parse(parse_yaml(ALONE.replace("NAME", name), "alone.yaml"))


@pytest.mark.parametrize("name", neighbour_names())
async def test_nothing_is_ever_wrong_with_neighbours(name: str) -> None:
    assert await proofs(beside(name)) == []


@pytest.mark.parametrize("name", neighbour_names())
async def test_neighbours_leave_room_and_have_names_of_their_own(name: str) -> None:
    """What they ask for is little beside any pod of a scenario, and their names meet nobody's."""
    world = await World.open(beside(name), Path(), serve=False)
    pods = world.cluster.list("Pod")
    asked = [c["resources"]["requests"]["cpu"] for pod in pods for c in pod["spec"]["containers"]]
    assert set(asked) <= {"5m"}
    mine = {(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]) for obj in neighbours(name).objects}
    theirs = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]) for one in shipped() for o in one.estate.objects}
    assert not mine & theirs


def test_nearly_every_scenario_has_neighbours() -> None:
    every = shipped()
    assert sum(1 for one in every if len(one.neighbours) >= 2) >= 0.95 * len(every)
    used = {name for one in every for name in one.neighbours}
    assert used == set(neighbour_names())


def test_the_page_tells_what_each_set_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in neighbour_names() if f"| `{name}` | {neighbours(name).about} |" not in page] == []


def test_a_set_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        beside("houshold")
    assert "alone.yaml:4: `neighbours` names no neighbours (`houshold`)" in caught.value.what
    assert "did you mean `household`?" in caught.value.hint


async def test_what_neighbours_did_earlier_is_over_when_stead_comes() -> None:
    world = await World.open(beside("old-restarts"), Path(), serve=False)
    pods = world.cluster.list("Pod", "garden")
    assert all(pod["status"]["containerStatuses"][0]["restartCount"] >= 3 for pod in pods)
    assert neighbours("old-restarts").past >= timedelta(minutes=15)


async def test_a_cluster_that_refuses_a_step_says_so() -> None:
    text = ALONE.replace("neighbours: [NAME]\n", "").replace("{wait: 5m}", "{patch: {object: Node node-9, change: {}}}")
    with pytest.raises(UserError) as caught:
        await proofs(parse(parse_yaml(text, "alone.yaml")))
    assert "the step `patch` cannot be done: there is no Node node-9" in caught.value.what

    without = "estate: {objects: [{deployment: {name: a/b, image: x, pod: {restartPolicy: Sometimes}}}]}\nfault:"
    refused = ALONE.replace("neighbours: [NAME]\n", "").replace("fault:", without)
    with pytest.raises(UserError) as caught:
        await proofs(parse(parse_yaml(refused, "alone.yaml")))
    assert "its estate cannot be built" in caught.value.what and "restartPolicy" in caught.value.what
