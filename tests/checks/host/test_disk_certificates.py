"""Certificates in files: real ones, made by openssl, and what it may say."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.disk_certificates import disk_certificates, find, parse_find, parse_times
from stead.declare import HostWishes
from stead.domain.finding import FindingState, Severity
from stead.estate.host.commands import LocalCommands

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

FILE = "/etc/letsencrypt/live/home/cert.pem"


def dates(end: timedelta, life: timedelta = timedelta(days=90)) -> str:
    return "".join(f"not{name}={when:%b %e %H:%M:%S %Y} GMT\n" for name, when in (("Before", NOW + end - life), ("After", NOW + end)))


@pytest.mark.parametrize(
    ("days", "reason", "severity"),
    [
        (60, None, None),
        (21, None, None),
        (20, "CertificateExpires", Severity.WARNING),
        (2, "CertificateExpires", Severity.CRITICAL),
        (-1, "CertificateExpired", Severity.CRITICAL),
    ],
)
async def test_three_weeks_are_too_few(says: Any, days: int, reason: str | None, severity: Severity | None) -> None:
    host = says({"find": FILE + "\n", "openssl": dates(timedelta(days=days))})
    found = await disk_certificates.run(host, "nas", NOW)
    assert [(f.reason, f.severity, f.container) for f in found] == ([(reason, severity, FILE)] if reason else [])


@pytest.mark.parametrize(("hours", "count"), [(37, 0), (35, 1)])
async def test_one_that_lives_six_days_is_judged_by_its_last_quarter(says: Any, hours: int, count: int) -> None:
    host = says({"find": FILE + "\n", "openssl": dates(timedelta(hours=hours), timedelta(days=6))})
    assert len(await disk_certificates.run(host, "nas", NOW)) == count


async def test_a_folder_that_may_not_be_looked_into_is_blind(says: Any, fails: Any) -> None:
    host = says({"find": fails("find: ‘/etc/letsencrypt/live’: Permission denied\nfind: ‘/etc/kubernetes/pki’: No such file or directory")})
    (found,) = await disk_certificates.run(host, "nas", NOW)
    assert (found.state, found.reason) == (FindingState.BLIND, "Forbidden")
    assert "/etc/letsencrypt/live may not be looked into" in found.summary


async def test_one_that_is_named_and_missing_is_blind_and_a_usual_place_is_not(says: Any) -> None:
    (found,) = await disk_certificates.run(says({"find": ""}), "nas", NOW, wishes=HostWishes(certificates=("/srv/own.pem",)))
    assert (found.state, found.reason) == (FindingState.BLIND, "Missing")
    assert list(await disk_certificates.run(says({"find": ""}), "nas", NOW)) == []


async def test_a_file_that_is_no_certificate_is_blind(says: Any, fails: Any) -> None:
    (found,) = await disk_certificates.run(says({"find": FILE, "openssl": fails("Could not read certificate from stdin")}), "nas", NOW)
    assert found.state is FindingState.BLIND


async def test_a_real_certificate_on_a_real_host(tmp_path: Path) -> None:
    subject = ["-subj", "/CN=home", "-keyout", f"{tmp_path}/key", "-out", f"{tmp_path}/own.pem", "-days", "10", "-nodes"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *subject], check=True, capture_output=True
    )
    wishes = HostWishes(certificates=(f"{tmp_path}/*.pem",))
    found = await disk_certificates.run(LocalCommands(), "nas", datetime.now(UTC) + timedelta(days=8), wishes=wishes)
    assert [(f.reason, f.container) for f in found if f.state is FindingState.FIRING] == [("CertificateExpires", f"{tmp_path}/own.pem")]


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    parse_times(text)
    assert all(file.startswith("/") for file in parse_find(text, text).files)


@pytest.mark.parametrize("text", ["notAfter=Feb 31 00:00:00 2026 GMT", "notAfter=Foo 1 00:00:00 2026 GMT", "notAfter=Jan  1 00:00:"])
def test_a_date_that_is_none_is_none(text: str) -> None:
    assert parse_times(text) == {}


def test_patterns_are_expanded_no_deeper_than_they_are() -> None:
    assert find(["/a/*/c.pem"]) == ("find", "-L", "/a", "-maxdepth", "2", "-type", "f", "(", "-path", "/a/*/c.pem", ")")
