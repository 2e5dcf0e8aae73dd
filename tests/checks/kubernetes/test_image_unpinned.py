"""Images without a fixed version."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.image_unpinned import image_unpinned
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import template, thing
from stead.testing.objects import NOW, Json, ago


def look(*objects: Json) -> list[Finding]:
    return judge(image_unpinned, *objects, now=NOW)


def running(image: str, **meta: str) -> Json:
    return thing("StatefulSet", "db", meta, spec={"template": template(containers=[{"name": "app", "image": image}])})


@pytest.mark.parametrize("objects", [[running("example.com:5000/db")], [running("db:latest")]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (
        FindingState.FIRING,
        Severity.INFO,
        "hygiene",
        "ImageUnpinned",
    )


@pytest.mark.parametrize(
    "objects",
    [
        [running("db:16.2")],
        [running("example.com/db@sha256:" + "a" * 64)],
        [running("")],
        [running("db", deletionTimestamp=ago(minutes=1))],
    ],
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
