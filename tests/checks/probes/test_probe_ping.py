"""Hosts that do not answer pings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stead.checks.probes.probe_ping import probe_ping
from stead.domain.subject import Subject
from stead.estate.probes.targets import PingSeen, PingTarget, Unanswered

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SUBJECT = Subject(estate="outside", api_version="stead/v1", kind="Probe", name="x")


@pytest.mark.parametrize(
    ("seen", "reasons"),
    [
        (PingSeen(loss=0, seconds=0.01), []),
        (PingSeen(loss=33, seconds=0.01), []),
        (PingSeen(loss=67, seconds=0.01), ["PacketLoss"]),
        (PingSeen(loss=100, seconds=None), ["NoAnswer"]),
        (PingSeen(loss=0, seconds=0.3), ["Slow"]),
        (Unanswered(reason="NameNotFound", words="no"), ["NameNotFound"]),
    ],
)
def test_each_answer(seen: PingSeen | Unanswered, reasons: list[str]) -> None:
    target = PingTarget(name="x", host="router.lan", loss=34, latency=timedelta(milliseconds=100))
    assert [finding.reason for finding in probe_ping.judge(SUBJECT, target, seen, NOW)] == reasons
