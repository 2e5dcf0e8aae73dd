"""Kinds of custom resources that are not served."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.crd_not_established import crd_not_established
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition


def crd(*conditions: Json, meta: Json | None = None) -> Json:
    return thing("CustomResourceDefinition", "widgets.example.com", meta, status={"conditions": list(conditions)})


CLASH = [condition("NamesAccepted", "False", reason="PluralConflict"), condition("Established", "False", reason="NotAccepted")]


def test_names_that_are_taken_are_told_once() -> None:
    (found,) = judge(crd_not_established, crd(*CLASH), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, "NamesNotAccepted")


def test_one_that_is_not_established_is_told_after_a_minute() -> None:
    sick = [crd(condition("NamesAccepted"), condition("Established", "False", since)) for since in ("", ago(seconds=10))]
    states = [f.state for one in sick for f in judge(crd_not_established, one, now=NOW)]
    assert states == [FindingState.FIRING, FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [crd(condition("NamesAccepted"), condition("Established")), crd(), crd(*CLASH, meta={"deletionTimestamp": ago(minutes=1)})],
)
def test_one_that_is_served_is_silence(healthy: Json) -> None:
    assert judge(crd_not_established, healthy, now=NOW) == []
