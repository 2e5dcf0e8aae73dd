"""ZFS pools, in the words of `zpool status -x`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.zfs import parse_status, zfs
from stead.domain.errors import BlindError
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

DEGRADED = """\
  pool: tank
 state: DEGRADED
status: One or more devices could not be used because the label is missing or
\tinvalid.  Sufficient replicas exist for the pool to continue
\tfunctioning in a degraded state.
action: Replace the device using 'zpool replace'.
   see: https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-4J
  scan: scrub repaired 0B in 00:10:00 with 0 errors on Sun Jan  4 00:34:01 2026
config:

\tNAME        STATE     READ WRITE CKSUM
\ttank        DEGRADED     0     0     0

errors: No known data errors
"""


@pytest.mark.parametrize("text", ["all pools are healthy\n", "no pools available\n"])
async def test_healthy_is_silence(says: Any, text: str) -> None:
    assert list(await zfs.run(says({"zpool": text}), "nas", NOW)) == []


async def test_a_pool_that_lost_a_disk(says: Any) -> None:
    (found,) = await zfs.run(says({"zpool": DEGRADED}), "nas", NOW)
    assert (found.container, found.severity) == ("tank", Severity.WARNING)
    assert found.evidence[0].value.endswith("functioning in a degraded state.")


@pytest.mark.parametrize(
    "text", [DEGRADED.replace("DEGRADED", "SUSPENDED"), DEGRADED.replace("No known data errors", "3 data errors, use '-v' for a list")]
)
async def test_data_that_is_lost_is_critical(says: Any, text: str) -> None:
    (found,) = await zfs.run(says({"zpool": text}), "nas", NOW)
    assert found.severity is Severity.CRITICAL


async def test_no_zfs_is_silence_no_right_and_nonsense_are_blind(says: Any, fails: Any) -> None:
    assert await zfs.run(says({}), "nas", NOW) == ()
    assert await zfs.run(says({"zpool": fails("The ZFS modules are not loaded.\nTry running 'modprobe zfs' as root")}), "nas", NOW) == ()
    for answer in (fails("Permission denied the ZFS utilities must be run as root."), "  pool: tank\n stat"):
        with pytest.raises(BlindError):
            await zfs.run(says({"zpool": answer}), "nas", NOW)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert all(pool.name and pool.state for pool in parse_status(f" pool: {text}\nstate: {text}"))
