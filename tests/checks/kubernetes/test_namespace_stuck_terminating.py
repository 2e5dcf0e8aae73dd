"""Namespaces that stay Terminating, with what holds them."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.namespace_stuck_terminating import namespace_stuck_terminating
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition


def namespace(*held: str, deleted: str | None = None) -> Json:
    conditions = [condition(type_, reason="x", message="y") for type_ in held]
    return thing(
        "Namespace", "old", {"deletionTimestamp": deleted or ago(minutes=30)}, status={"phase": "Terminating", "conditions": conditions}
    )


def look(*objects: Json) -> list[Finding]:
    return judge(namespace_stuck_terminating, *objects, now=NOW)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (("NamespaceFinalizersRemaining", "NamespaceContentRemaining"), "FinalizersRemain"),
        (("NamespaceContentRemaining",), "ContentRemains"),
        (("NamespaceDeletionContentFailure",), "DeletionFailed"),
        (("NamespaceContentRemaining", "NamespaceDeletionDiscoveryFailure"), "DiscoveryFailed"),
        ((), "NotFinished"),
    ],
)
def test_what_holds_it_is_told(held: tuple[str, ...], reason: str) -> None:
    assert [(f.state, f.reason) for f in look(namespace(*held))] == [(FindingState.FIRING, reason)]


def test_an_api_that_does_not_answer_is_what_it_depends_on() -> None:
    silent = thing("APIService", "v1beta1.metrics.k8s.io", status={"conditions": [condition("Available", "False")]})
    well = thing("APIService", "v1.apps", status={"conditions": [condition("Available")]})
    (found,) = look(namespace("NamespaceDeletionDiscoveryFailure"), silent, well)
    assert [s.name for s in found.depends_on] == ["v1beta1.metrics.k8s.io"]


def test_one_that_goes_is_given_ten_minutes_and_one_that_stays_is_silence() -> None:
    assert [f.state for f in look(namespace(deleted=ago(minutes=3)))] == [FindingState.PROGRESSING]
    assert look(thing("Namespace", "payments", status={"phase": "Active"})) == []
