"""Scenario files: every shipped one is read, and a wrong one is told with its line and its key."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.yaml_file import parse_yaml
from stead.domain.errors import UserError
from stead.practice.scenario import Ending, Scenario, chosen, named, parse, shipped, shipped_names
from stead.practice.scenario_steps import Step
from stead.practice.scenario_words import Predicate, at_path, parse_path, parse_ref

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scenario.md"

GOOD = """\
name: lost-setting
title: A setting is lost
tags: [config]
action: configuration
estate:
  objects:
    - deployment: {name: payments/api, image: registry.example.com/api:1, replicas: 2}
fault:
  at: 2m
  steps:
    - patch: {object: Deployment payments/api, change: {spec: {replicas: 0}}}
    - wait: 30s
    - delete: Pod payments/api-*
find:
  cause: Deployment payments/api
  facts: [replicas, [scaled, zero]]
solve:
  - patch: {object: Deployment payments/api, change: {spec: {replicas: 2}}}
never: [delete PersistentVolumeClaim, "patch Deployment kube-system/*"]
solved:
  - {object: Deployment payments/api, path: status.readyReplicas, at_least: 2}
ending: escalated
approve: no
"""


def read(text: str) -> Scenario:
    return parse(parse_yaml(text, "lost-setting.yaml"), "lost-setting")


def test_a_file_becomes_what_it_says() -> None:
    scenario = read(GOOD)

    assert (scenario.ending, scenario.approve, scenario.fault_at) == (Ending.ESCALATED, "no", timedelta(minutes=2))
    assert scenario.fault_over == timedelta(minutes=2, seconds=30)
    assert scenario.find is not None and scenario.find.facts == (("replicas",), ("scaled", "zero"))
    assert [str(one) for one in scenario.never] == ["delete PersistentVolumeClaim */*", "patch Deployment kube-system/*"]
    made = scenario.estate.objects[0]
    assert (made["kind"], made["metadata"]["namespace"], made["spec"]["replicas"]) == ("Deployment", "payments", 2)
    assert {str(ref) for ref in scenario.touched()} == {"Deployment payments/api", "Pod payments/api-*"}


@pytest.mark.parametrize(
    ("written", "instead", "line", "says", "hint"),
    [
        ("ending:", "endign:", 22, "unknown key `endign`", "`ending`"),
        ("title: A setting is lost\n", "", 1, "`title` is missing", "add it"),
        ("ending: escalated", "ending: resolved", 22, "`ending` should be 'solved', 'approval'", ""),
        ("at: 2m", "at: 2 minutes", 9, "`fault[0].at` is not a duration", "30m"),
        ("    - wait: 30s", "    - wiat: 30s", 12, "unknown key `fault[0].steps[1].wiat`", "`wait`"),
        ("    - wait: 30s", "    - {wait: 30s, restart: Deployment a/b}", 12, "does `restart` and `wait` in one step", "its own dash"),
        ("cause: Deployment payments/api", "cause: payments/api", 15, "does not name an object", "Deployment payments/api"),
        ("replicas: 2}\nfault", "replica: 2}\nfault", 7, "unknown key `deployment.replica`", "`replicas`"),
        ("deployment:", "deploment:", 7, "no short form (`deploment`)", "`deployment`"),
        ("at_least: 2", "atleast: 2", 21, "unknown key `solved[0].atleast`", "`at_least`"),
        ("at_least: 2", "at_least: 2, equals: 2", 21, "asks 2 things", ""),
        ("path: status.readyReplicas", "path: status..ready", 21, "is not a path", ""),
        ("never: [delete", "never: [remove", 19, "is no change", "write *"),
        ("ending: escalated", "ending: nothing", 1, "and still gives `find` or `solve`", "leave both out"),
        ("name: lost-setting", "name: other", 1, "`name` is other, and the file is called lost-setting", ""),
        ("tags: [config]", "images: {a: {exit_cod: 1}}", 3, "says `exit_cod` of `a`", "`exit_code`"),
        ("tags: [config]", "tags: config", 3, "`tags` is not a list", ""),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_line_and_key(written: str, instead: str, line: int, says: str, hint: str) -> None:
    assert written in GOOD
    with pytest.raises(UserError) as caught:
        read(GOOD.replace(written, instead))

    assert caught.value.what.startswith(f"lost-setting.yaml:{line}: "), caught.value.what
    assert says in caught.value.what
    assert hint in caught.value.hint


LINES = GOOD.splitlines()


@given(st.integers(0, len(LINES) - 1), st.sampled_from(["", "x", "- 1", "a: [", "{}", "null", "  ? b", "42", "~: ~"]), st.integers(0, 40))
def test_whatever_is_wrong_ends_in_a_sentence(at: int, put: str, cut: int) -> None:
    broken = [*LINES]
    broken[at] = broken[at][:cut] + put
    try:
        assert read("\n".join(broken)).name == "lost-setting"
    except UserError as error:
        assert error.what.startswith("lost-setting.yaml")


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scenario_is_complete(name: str) -> None:
    scenario = named(name)
    assert scenario.description.strip() and scenario.tags


def test_scenarios_are_chosen_by_name_by_pattern_and_by_tag() -> None:
    assert [one.name for one in chosen(["release-crashes"])] == ["release-crashes"]
    assert {one.name for one in chosen(["rollout"])} == {one.name for one in shipped() if "rollout" in one.tags}
    assert {one.name for one in chosen(["release-*"])} == {one.name for one in shipped() if one.name.startswith("release-")}
    with pytest.raises(UserError) as caught:
        chosen(["release-crash"])
    assert "release-crashes" in caught.value.hint


def test_paths_reach_into_objects() -> None:
    tree = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "data": {"a.b/c": "x"}, "list": [1, {"deep": 2}]}
    reached = {
        "status.conditions[type=Ready].status": "True",
        "status.conditions[type=Gone].status": None,
        "data[a.b/c]": "x",
        "list[1].deep": 2,
        "list[7].deep": None,
        "status.conditions.status": None,
    }
    assert {path: at_path(tree, parse_path(path)) for path in reached} == reached


@pytest.mark.parametrize(
    ("asks", "objects", "holds"),
    [
        ({"path": "status.n", "equals": 2}, [{"status": {"n": 2}}], True),
        ({"path": "status.n", "equals": 0}, [{"status": {}}], True),
        ({"path": "status.n", "at_least": 1}, [{"status": {}}], False),
        ({"path": "status.n", "at_most": 1}, [{"status": {}}], True),
        ({"path": "status.n", "equals": 2}, [{"status": {"n": 2}}, {"status": {"n": 1}}], False),
        ({"path": "status.n", "equals": 2}, [], False),
        ({"path": "spec", "contains": "b"}, [{"spec": ["a", "b"]}], True),
        ({"exists": False}, [], True),
        ({"exists": False}, [{}], False),
        ({"path": "spec.x", "exists": False}, [{"spec": {}}], True),
        ({"path": "spec.x", "differs": 1}, [{"spec": {"x": 2}}], True),
    ],
)
def test_predicates_ask_one_thing_of_every_object(asks: dict[str, object], objects: list[dict[str, object]], holds: bool) -> None:
    assert Predicate.model_validate({"object": "Deployment a/b*", **asks}).holds(objects) is holds


@pytest.mark.parametrize("text", ["Deployment payments/api", "Node node-3", "Certificate.cert-manager.io payments/api", "Pod a/b-*"])
def test_names_of_objects_are_read_as_they_are_written(text: str) -> None:
    assert str(parse_ref(text)) == text


def test_the_page_shows_a_scenario_that_is_one_and_names_every_key() -> None:
    page = PAGE.read_text()
    example = re.search(r"```yaml\n(name:.*?)```", page, re.DOTALL)
    assert example is not None
    assert parse(parse_yaml(example[1], "page")).name == "missing-config-key"
    assert [key for key in Scenario.model_fields if f"`{key}`" not in page] == []
    assert [key for key in Step.model_fields if f"`{key}:" not in page] == []
