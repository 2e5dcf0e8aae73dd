"""The page of scenarios is what ships, and what ships covers what goes wrong in clusters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from stead.practice.scenario import Ending, shipped
from stead.practice.scenario_page import INJECTION, page

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"

MECHANISMS = {
    "crash", "oom", "image", "config", "secret", "probe", "scheduling", "quota", "node", "storage", "dns", "network-policy", "service",
    "port", "ingress", "rbac", "service-account", "webhook", "pdb", "job", "cronjob", "rollout", "certificate", "noisy-neighbour",
    "cascade", "two-faults", "changing", "init", "sidecar", "statefulset", "daemonset", "terminating", "eviction",
}  # fmt: skip
"""What public benchmarks of this field break, by mechanism."""


def test_the_page_is_what_ships() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m stead.practice.scenario_page docs/scenarios.md"


def test_every_mechanism_has_a_scenario() -> None:
    every = shipped()
    endings = Counter(one.ending for one in every)
    assert {tag for one in every for tag in one.tags} >= MECHANISMS
    assert len(every) >= 45
    assert endings[Ending.NOTHING] >= 8
    assert endings[Ending.APPROVAL] >= 8
    assert endings[Ending.SOLVED] >= 1
    assert sum(1 for one in every if INJECTION in one.tags) >= 6


def test_every_scenario_tells_its_story() -> None:
    assert [one.name for one in shipped() if not one.description.strip() or not one.tags] == []
