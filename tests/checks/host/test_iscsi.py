"""iSCSI sessions, in the words of `iscsiadm`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stead.checks.host.iscsi import iscsi, parse_automatic, parse_sessions
from stead.domain.errors import BlindError
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TANK, BACKUP = "iqn.2026-01.com.example:tank", "iqn.2026-01.com.example:backup"

# As open-iscsi 2.1 prints them.
SESSION = f"""\
Target: {TANK} (non-flash)
	Current Portal: 192.0.2.7:3260,1
	Persistent Portal: 192.0.2.7:3260,1
		**********
		Interface:
		**********
		Iface Name: default
		Iface Transport: tcp
		Iface Initiatorname: iqn.1993-08.org.debian:01:abc
		Iface IPaddress: 192.0.2.9
		SID: 1
		iSCSI Connection State: LOGGED IN
		iSCSI Session State: LOGGED_IN
		Internal iscsid Session State: NO CHANGE
"""
RECORDS = f"""\
# BEGIN RECORD 2.1.8
node.name = {TANK}
node.tpgt = 1
node.startup = automatic
node.conn[0].address = 192.0.2.7
# END RECORD
# BEGIN RECORD 2.1.8
node.name = {BACKUP}
node.startup = manual
# END RECORD
"""


def answers(sessions: Any = SESSION, records: Any = RECORDS) -> dict[str, Any]:
    return {"iscsiadm -m session": sessions, "iscsiadm -m node": records}


async def test_sessions_that_are_logged_in_are_silence(says: Any) -> None:
    assert list(await iscsi.run(says(answers()), "nas", NOW)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Connection State: LOGGED IN", "Connection State: TRANSPORT WAIT"),
        ("Session State: LOGGED_IN", "Session State: FAILED"),
        ("Session State: LOGGED_IN", "Session State: FREE"),
    ],
)
async def test_a_session_that_lost_its_target(says: Any, old: str, new: str) -> None:
    (found,) = await iscsi.run(says(answers(SESSION.replace(old, new, 1))), "nas", NOW)
    assert (found.reason, found.container, found.severity) == ("SessionLost", TANK, Severity.CRITICAL)
    assert found.summary == f"the iSCSI session with {TANK} at 192.0.2.7:3260 is not logged in"


async def test_a_target_that_should_have_a_session_and_has_none(says: Any, fails: Any) -> None:
    none = fails("iscsiadm: No active sessions.", code=21)
    found = await iscsi.run(says(answers(none, RECORDS.replace("manual", "onboot"))), "nas", NOW)
    assert [(f.reason, f.container) for f in found] == [("SessionMissing", TANK), ("SessionMissing", BACKUP)]


async def test_a_host_without_iscsi_is_silence(says: Any, fails: Any) -> None:
    assert list(await iscsi.run(says({}), "nas", NOW)) == []
    none = fails("iscsiadm: No active sessions.", code=21)
    empty = fails("iscsiadm: No records found", code=21)
    assert list(await iscsi.run(says(answers(none, empty)), "nas", NOW)) == []


async def test_who_may_not_ask_and_what_is_no_answer_are_blind(says: Any, fails: Any) -> None:
    for sessions in (fails("iscsiadm: must be run as root: permission denied", code=6), "garbage"):
        with pytest.raises(BlindError):
            await iscsi.run(says(answers(sessions)), "nas", NOW)


async def test_records_that_only_root_may_read_are_blind_where_there_are_sessions(says: Any, fails: Any) -> None:
    locked = fails("iSCSI ERROR: Maybe you are not root? Could not lock discovery DB: 13 Permission denied", code=6)
    with pytest.raises(BlindError, match="may not ask iscsiadm"):
        await iscsi.run(says(answers(records=locked)), "nas", NOW)
    none = fails("iscsiadm: No active sessions.", code=21)
    assert list(await iscsi.run(says(answers(none, locked)), "nas", NOW)) == []


@given(st.text())
@example(SESSION)
def test_no_text_breaks_the_parsers(text: str) -> None:
    assert all(session.target in text and session.portal in text for session in parse_sessions(text))
    assert all(target in text for target in parse_automatic(text))


@given(st.integers(0, len(SESSION)))
def test_a_session_that_was_cut_off_is_never_a_fault_by_itself(length: int) -> None:
    cut = SESSION[:length].rpartition("\n")[0]
    assert all(session.is_well for session in parse_sessions(cut))
