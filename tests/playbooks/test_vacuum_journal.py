"""A full disk gets room from a large journal, and from no small one."""

from datetime import UTC, datetime

import pytest

from stead.playbooks.vacuum_journal import vacuum_journal
from stead.testing.on_a_host import acting_host
from stead.testing.scripted_host import ScriptedHost

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("journal", "fits"), [("1.8G", True), ("2T", True), ("900.5M", False), ("8K", False), ("much", False)])
async def test_it_fits_where_the_journal_is_large(journal: str, fits: bool):
    host = acting_host(ScriptedHost(used=92, journal=journal))
    made = await vacuum_journal.propose((await host.scan()).findings, host, NOW)
    assert [(r.verb, r.parameters) for r in made] == ([("free_disk", {"rule": "journal"})] if fits else [])


async def test_a_host_without_a_journal_is_left():
    machine = ScriptedHost(used=92, journal="")
    host = acting_host(machine)
    assert not await vacuum_journal.propose((await host.scan()).findings, host, NOW)
