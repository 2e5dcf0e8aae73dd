"""Updates, as apt and dnf list them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.package_updates import package_updates, parse_apt, parse_dnf
from stead.domain.errors import BlindError
from stead.domain.finding import FindingClass, Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

APT = """\
Reading package lists...
Inst libssl3 [3.0.15-1] (3.0.17-1 Debian-Security:12/stable-security [amd64])
Inst tzdata [2025a-0] (2025b-0 Debian:12.11/stable [all])
Conf libssl3 (3.0.17-1 Debian-Security:12/stable-security [amd64])
"""
DNF = "\nkernel.x86_64    6.1.2-1.fc40    updates\nvim-data.noarch  9.1-1   updates\nObsoleting Packages\nold.noarch 1-1 updates\n"


async def test_apt_tells_which_are_for_security(says: Any) -> None:
    (found,) = await package_updates.run(says({"apt-get": APT}), "nas", NOW)
    assert (found.class_, found.severity, found.summary) == (
        FindingClass.HYGIENE,
        Severity.WARNING,
        "nas has 2 packages to update, 1 of them for security",
    )


async def test_dnf_says_so_by_its_exit_code(says: Any, fails: Any) -> None:
    (found,) = await package_updates.run(says({"dnf": fails("", code=100, stdout=DNF)}), "nas", NOW)
    assert (found.severity, found.evidence[0].value) == (Severity.INFO, "kernel, vim-data")


async def test_up_to_date_and_neither_are_silence_and_a_refusal_is_blind(says: Any, fails: Any) -> None:
    assert await package_updates.run(says({"apt-get": "Reading package lists...\n"}), "nas", NOW) == ()
    assert await package_updates.run(says({}), "nas", NOW) == ()
    with pytest.raises(BlindError):
        await package_updates.run(says({"apt-get": fails("E: The package lists could not be parsed", code=100)}), "nas", NOW)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    for updates in (parse_apt(text), parse_dnf(text)):
        assert all(name in text for name in updates.names)
        assert set(updates.security) <= set(updates.names)


def test_it_is_an_opinion() -> None:
    assert (package_updates.class_, package_updates.every) == (FindingClass.HYGIENE, timedelta(hours=12))
