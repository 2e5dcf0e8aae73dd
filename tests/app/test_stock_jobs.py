"""The jobs that come with Stead are there where what they look at is watched, and name checks that exist."""

from __future__ import annotations

from typing import Any

from stead.app.config import settings_of
from stead.app.discover import shelves
from stead.app.stock_jobs import stock

CLUSTER = {"kind": "kubernetes", "id": "home"}
HOST = {"kind": "host", "id": "nas"}


def names(*estates: dict[str, Any], **jobs: Any) -> list[str]:
    return [each.job.name for each in stock(settings_of({"estates": list(estates), "jobs": jobs}))]


def test_they_are_there_where_their_estate_is() -> None:
    of_host = ["volume-pressure", "certificate-expiry", "daily-report"]
    assert names() == []
    assert names(HOST) == of_host
    assert {*of_host, "cluster-health", "pod-restart-loop", "argocd-sync", "node-drift"} == {*names(CLUSTER)}
    assert names(CLUSTER, stock=False) == []


def test_their_checks_are_there_and_their_times_come() -> None:
    known = {*shelves().every_check}
    for each in stock(settings_of({"estates": [CLUSTER], "jobs": {"timezone": "Europe/Berlin"}})):
        assert {name.partition("/")[0] for name in each.job.checks} - known == set()
        assert each.job.when().zone.key == "Europe/Berlin"
