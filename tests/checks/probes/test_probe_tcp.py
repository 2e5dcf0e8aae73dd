"""Ports that take no connections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stead.checks.probes.probe_tcp import probe_tcp
from stead.domain.subject import Subject
from stead.estate.probes.targets import TcpSeen, TcpTarget, Unanswered

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SUBJECT = Subject(estate="outside", api_version="stead/v1", kind="Probe", name="x")


@pytest.mark.parametrize(
    ("seen", "reasons"),
    [(TcpSeen(seconds=0.01), []), (TcpSeen(seconds=0.2), ["Slow"]), (Unanswered(reason="Timeout", words="silence"), ["Timeout"])],
)
def test_each_answer(seen: TcpSeen | Unanswered, reasons: list[str]) -> None:
    target = TcpTarget(name="x", host="db.lan", port=5432, latency=timedelta(milliseconds=100))
    assert [finding.reason for finding in probe_tcp.judge(SUBJECT, target, seen, NOW)] == reasons
