"""What must hold: which findings break it, and which do not."""

from __future__ import annotations

import pytest

from stead.domain.finding import Finding, FindingState
from stead.domain.invariants import Invariant, broken
from stead.domain.matching import Patterns
from stead.domain.subject import Subject

POD = Subject(estate="home", api_version="v1", kind="Pod", namespace="dns", name="coredns-x")
TOP = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="dns", name="coredns")
FOUND = Finding(check="container_crash", subject=POD, top=TOP, reason="CrashLooping", summary="it crashes")


def invariant(**fields: str) -> Invariant:
    return Invariant(id="names", fields={key: Patterns.of(value) for key, value in fields.items()})


@pytest.mark.parametrize(
    ("fields", "breaks"),
    [
        ({}, True),
        ({"namespace": "dns"}, True),
        ({"kind": "Deployment", "name": "coredns"}, True),
        ({"kind": "Pod", "name": "coredns"}, False),
        ({"check": "container_*", "estate": "home"}, True),
        ({"check": "node_*"}, False),
        ({"namespace": "shop"}, False),
    ],
)
def test_what_matches_breaks_it_and_its_workload_counts(fields: dict[str, str], breaks: bool) -> None:
    assert bool(list(broken([invariant(**fields)], [FOUND]))) is breaks


@pytest.mark.parametrize("state", [FindingState.PROGRESSING, FindingState.BLIND])
def test_what_is_not_broken_now_breaks_nothing(state: FindingState) -> None:
    other = Finding(check="container_crash", subject=POD, top=TOP, reason="CrashLooping", summary="it may", state=state)
    assert not list(broken([invariant()], [other]))
