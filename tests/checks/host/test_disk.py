"""File systems that are nearly full, read from what `df` says, odd and cut off as it may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.disk import disk, parse_df
from stead.domain.errors import BlindError
from stead.domain.finding import FindingState, Severity
from stead.ports import Completed

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HEAD = "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n"


class Host:
    """A host whose `df` says this of its space and of its inodes."""

    def __init__(self, space: str, inodes: str = HEAD + "/dev/sda1 ext4 100 1 99 1% /\n", code: int = 0) -> None:
        self.space, self.inodes, self.code = space, inodes, code

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        text = self.inodes if "-i" in argv else self.space
        return Completed(code=self.code, stdout=text, stderr="df: /mnt: Permission denied" if self.code else "")


@pytest.mark.parametrize(("used", "severity"), [(85, None), (86, Severity.WARNING), (95, Severity.WARNING), (96, Severity.CRITICAL)])
async def test_the_thresholds(used: int, severity: Severity | None) -> None:
    found = await disk.run(Host(f"{HEAD}/dev/sda1 ext4 100 {used} 9 {used}% /\n"), "home", NOW)
    assert [f.severity for f in found] == ([severity] if severity else [])


async def test_only_real_file_systems_count_and_each_once() -> None:
    rows = [
        "/dev/sda1 ext4 100 90 10 90% /",
        "/dev/sda1 ext4 100 90 10 90% /var/lib/kubelet/pods/x",
        "/dev/loop3 squashfs 9 9 0 100% /snap/core/1",
        "overlay overlay 100 90 10 90% /run/containers/x/merged",
        "tmpfs tmpfs 9 9 0 100% /dev/shm",
        "tmpfs tmpfs 9 9 0 99% /run",
        "efivarfs efivarfs 9 9 0 99% /sys/firmware/efi/efivars",
        "//server/my share cifs 100 97 3 97% /mnt/a b",
    ]
    found = await disk.run(Host(HEAD + "\n".join(rows) + "\n"), "home", NOW)
    assert [f.container for f in found] == ["/", "/run", "/mnt/a b"]
    assert found[2].evidence[0].command == "df -h '/mnt/a b'"


async def test_inodes_are_a_fault_of_their_own_and_file_systems_without_them_are_not() -> None:
    inodes = HEAD + "/dev/sda1 ext4 100 99 1 99% /\n/dev/sdb1 vfat 0 0 0 - /boot/efi\n"
    (found,) = await disk.run(Host(HEAD + "/dev/sda1 ext4 100 9 91 9% /\n", inodes), "home", NOW)
    assert (found.reason, found.severity) == ("InodesFull", Severity.CRITICAL)


async def test_what_was_cut_off_is_blind_and_the_rest_is_told() -> None:
    found = await disk.run(Host(HEAD + "/dev/sda1 ext4 100 90 10 90% /\n/dev/sdb1 ext4 10"), "home", NOW)
    assert [f.state for f in found] == [FindingState.FIRING, FindingState.BLIND]


async def test_an_answer_without_a_row_is_blind_and_no_df_is_nothing() -> None:
    with pytest.raises(BlindError, match="Permission denied"):
        await disk.run(Host("", code=1), "home", NOW)
    assert await disk.run(Host("", code=127), "home", NOW) == ()


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    mounts, odd = parse_df(text)
    assert len(mounts) + len(odd) <= len(text.splitlines())


@given(st.integers(0, len("/dev/sda1 ext4 100 90 10 90% /") - 1))
def test_a_row_that_is_cut_off_is_never_taken_for_a_whole_one(length: int) -> None:
    row = "/dev/sda1 ext4 100 90 10 90% /"[:length]
    mounts, odd = parse_df(HEAD + row)
    assert (mounts, odd) == ([], [row] if row.strip() else [])
