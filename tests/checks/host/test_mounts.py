"""Mounts that are missing, dead or read-only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.mounts import mounts, parse_mounts
from stead.domain.errors import BlindError, UnreachableError
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

FSTAB = """\
# <file system> <mount point> <type> <options>
UUID=1 / ext4 errors=remount-ro 0 1
UUID=2 /boot/efi vfat umask=0077 0 1
nas:/tank /mnt/a\\040b nfs defaults,_netdev 0 0
//nas/x /mnt/usb exfat noauto 0 0
UUID=3 none swap sw 0 0
tmpfs
"""
ALL = "/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sda2 /boot/efi vfat rw 0 0\nnas:/tank /mnt/a\\040b nfs4 rw,vers=4.2 0 0\n"


def host(mounted: str, **more: Any) -> dict[str, Any]:
    return {"cat /etc/fstab": FSTAB, "cat /proc/self/mounts": mounted, "stat -f": "", **more}


async def test_all_mounted_is_silence(says: Any) -> None:
    assert list(await mounts.run(says(host(ALL)), "nas", NOW)) == []


async def test_what_is_missing_is_named(says: Any) -> None:
    (found,) = await mounts.run(says(host(ALL.replace("nas:/tank", "#nas"))), "nas", NOW)
    assert (found.reason, found.container, found.evidence[0].command) == ("MountMissing", "/mnt/a b", "findmnt '/mnt/a b'")


async def test_an_automount_that_waits_is_mounted(says: Any) -> None:
    waiting = ALL.replace("nas:/tank /mnt/a\\040b nfs4", "systemd-1 /mnt/a\\040b autofs")
    assert list(await mounts.run(says(host(waiting)), "nas", NOW)) == []


async def test_a_disk_that_the_kernel_no_longer_trusts(says: Any) -> None:
    (found,) = await mounts.run(says(host(ALL.replace("ext4 rw", "ext4 ro"))), "nas", NOW)
    assert (found.reason, found.container, found.severity) == ("MountReadOnly", "/", Severity.CRITICAL)


@pytest.mark.parametrize("how", ["stale", "silent"])
async def test_a_server_that_is_gone(says: Any, fails: Any, how: str) -> None:
    silent = BlindError("`stat` did not end within 5 s", reason="Timeout")
    answer = fails("stat: cannot read file system information for '/mnt/a b': Stale file handle") if how == "stale" else silent
    (found,) = await mounts.run(says(host(ALL, **{"stat -f": answer})), "nas", NOW)
    assert (found.reason, found.container) == ("MountStale", "/mnt/a b")


async def test_a_host_that_is_gone_is_no_dead_mount(says: Any) -> None:
    with pytest.raises(UnreachableError):
        await mounts.run(says(host(ALL, **{"stat -f": UnreachableError("gone", reason="Unreachable")})), "nas", NOW)


async def test_no_mounts_at_all_cannot_be_true(says: Any) -> None:
    with pytest.raises(BlindError):
        await mounts.run(says(host("/dev/sda1 /")), "nas", NOW)
    assert await mounts.run(says({}), "nas", NOW) == ()


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert all(mount.path.startswith("/") for mount in parse_mounts(text))
