"""A restart that is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.reboot_required import parse_packages, reboot_required
from stead.domain.errors import BlindError
from stead.ports import Completed

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Host:
    def __init__(self, files: dict[str, str], stderr: str = "No such file or directory") -> None:
        self.files, self.stderr = files, stderr

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        if argv[1] in self.files:
            return Completed(code=0, stdout=self.files[argv[1]], stderr="")
        return Completed(code=1, stdout="", stderr=f"cat: {argv[1]}: {self.stderr}")


async def test_the_packages_that_ask_for_it_are_named() -> None:
    files = {"/run/reboot-required": "*** System restart required ***\n", "/run/reboot-required.pkgs": "linux-image\nlibc6\nlinux-image\n"}
    (found,) = await reboot_required.run(Host(files), "home", NOW)
    assert found.evidence[0].value == "libc6, linux-image"


async def test_no_flag_is_silence_and_an_unreadable_one_is_blind() -> None:
    assert await reboot_required.run(Host({}), "home", NOW) == ()
    with pytest.raises(BlindError, match="Permission denied"):
        await reboot_required.run(Host({}, "Permission denied"), "home", NOW)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert all(name.isprintable() for name in parse_packages(text))
