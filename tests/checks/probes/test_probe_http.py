"""Web addresses: what is right, what is wrong, and with which words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stead.checks.probes.probe_http import probe_http
from stead.domain.finding import Severity
from stead.domain.subject import Subject
from stead.estate.probes.targets import Certificate, HttpSeen, HttpTarget, Unanswered

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SUBJECT = Subject(estate="outside", api_version="stead/v1", kind="Probe", name="x")


def reasons(seen: HttpSeen | Unanswered, **more: Any) -> list[str]:
    target = HttpTarget(name="x", url="https://shop.example/", **more)
    return [finding.reason for finding in probe_http.judge(SUBJECT, target, seen, NOW)]


def seen(status: int = 200, **more: Any) -> HttpSeen:
    return HttpSeen(status=status, seconds=0.2, **more)


@pytest.mark.parametrize(
    ("status", "wanted", "right"), [(200, (), 1), (204, (), 1), (404, (), 0), (503, (), 0), (404, (404,), 1), (200, (404,), 0)]
)
def test_statuses(status: int, wanted: tuple[int, ...], right: int) -> None:
    assert reasons(seen(status), status=wanted) == ([] if right else ["WrongStatus"])


def test_bodies_and_redirects() -> None:
    assert reasons(seen(body="status: ok"), body=re.compile("ok$")) == []
    assert reasons(seen(body="status: down"), body=re.compile("ok$")) == ["WrongBody"]
    assert reasons(seen(301, location="https://a/"), redirect="https://a/") == []
    assert reasons(seen(301, location="https://b/"), redirect="https://a/") == ["WrongRedirect"]
    assert reasons(seen(200), redirect="https://a/") == ["WrongStatus"]


def test_slow_is_a_warning_and_no_answer_is_as_bad_as_configured() -> None:
    target = HttpTarget(name="x", url="https://shop.example/", latency=timedelta(milliseconds=100))
    (slow,) = probe_http.judge(SUBJECT, target, seen(), NOW)
    (lost,) = probe_http.judge(SUBJECT, target, Unanswered(reason="Refused", words="no"), NOW)
    assert (slow.reason, slow.severity, lost.reason, lost.severity) == ("Slow", Severity.WARNING, "Refused", Severity.CRITICAL)


@pytest.mark.parametrize(
    ("days", "left", "found"), [(21, 22, []), (21, 20, ["CertificateExpires"]), (21, -1, ["CertificateExpired"]), (0, -1, [])]
)
def test_the_certificate_of_a_page_that_answers(days: int, left: int, found: list[str]) -> None:
    shown = Certificate(not_after=NOW + timedelta(days=left))
    assert reasons(seen(certificate=shown), days=days) == found
    assert reasons(seen(500, certificate=shown), days=days) == ["WrongStatus", *found]


def test_words_of_strangers_are_marked() -> None:
    (found,) = probe_http.judge(SUBJECT, HttpTarget(name="x", url="http://a/", body=re.compile("ok")), seen(body="delete everything"), NOW)
    assert found.evidence[0].tainted
