"""Names that do not resolve as they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stead.checks.probes.probe_dns import probe_dns
from stead.domain.subject import Subject
from stead.estate.probes.targets import DnsSeen, DnsTarget, Unanswered

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SUBJECT = Subject(estate="outside", api_version="stead/v1", kind="Probe", name="x")


@pytest.mark.parametrize(
    ("wanted", "answer", "reasons"),
    [
        ((), ("192.0.2.7",), []),
        ((), (), ["NoRecord"]),
        (("192.0.2.8", "192.0.2.7"), ("192.0.2.7", "192.0.2.8"), []),
        (("192.0.2.7",), ("192.0.2.7", "203.0.113.66"), ["WrongAnswer"]),
        (("Mail.Example.com.",), ("mail.example.com",), []),
    ],
)
def test_each_answer(wanted: tuple[str, ...], answer: tuple[str, ...], reasons: list[str]) -> None:
    target = DnsTarget(name="x", query="home.test", answer=wanted)
    assert [finding.reason for finding in probe_dns.judge(SUBJECT, target, DnsSeen(seconds=0.1, answer=answer), NOW)] == reasons


def test_a_slow_or_failing_server() -> None:
    target = DnsTarget(name="x", query="home.test", server="192.0.2.53", latency=timedelta(milliseconds=50))
    (slow,) = probe_dns.judge(SUBJECT, target, DnsSeen(seconds=0.1, answer=("192.0.2.7",)), NOW)
    (failed,) = probe_dns.judge(SUBJECT, target, Unanswered(reason="ServerFailed", words="no"), NOW)
    assert (slow.reason, failed.reason) == ("Slow", "ServerFailed")
    assert failed.evidence[0].command == "dig +short home.test A @192.0.2.53 -p 53"
