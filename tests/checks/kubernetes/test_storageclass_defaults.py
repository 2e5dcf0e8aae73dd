"""More than one default storage class."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.storageclass_defaults import storageclass_defaults
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, storage_class


def look(*objects: Json) -> list[Finding]:
    return judge(storageclass_defaults, *objects, now=NOW)


def marked(name: str, value: str = "true", **meta: str) -> Json:
    made = storage_class(name)
    notes = {"annotations": {"storageclass.kubernetes.io/is-default-class": value}}
    return made | {"metadata": made["metadata"] | notes | meta}


@pytest.mark.parametrize("objects", [[marked("fast"), marked("slow", deletionTimestamp=ago(minutes=1))]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (
        FindingState.FIRING,
        Severity.INFO,
        "hygiene",
        "SeveralDefaults",
    )


@pytest.mark.parametrize("objects", [[marked("fast"), storage_class("slow")], [marked("fast"), marked("slow", "false")], [storage_class()]])
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
