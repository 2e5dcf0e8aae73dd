"""A service that failed is started again; what does its work once is not."""

from datetime import UTC, datetime

import pytest

from stead.playbooks.restart_failed_unit import restart_failed_unit
from stead.testing.on_a_host import acting_host
from stead.testing.scripted_host import ScriptedHost, Unit

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


async def test_it_fits():
    host = acting_host(ScriptedHost(units={"web.service": Unit(active="failed"), "db.service": Unit()}))
    (request,) = await restart_failed_unit.propose((await host.scan()).findings, host, NOW)
    assert (request.verb, request.subject.name, request.guess) == ("restart_unit", "web.service", False)
    assert (request.subject.uid, request.precondition.uid) == ("", "run-1")


@pytest.mark.parametrize(("name", "unit"), [("backup.service", Unit(active="failed", type="oneshot")), ("x.mount", Unit(active="failed"))])
async def test_it_does_not_fit(name: str, unit: Unit):
    host = acting_host(ScriptedHost(units={name: unit}))
    found = (await host.scan()).findings
    assert [f.check for f in found] == ["failed_units"]
    assert not await restart_failed_unit.propose(found, host, NOW)


async def test_one_that_came_up_meanwhile_is_left():
    machine = ScriptedHost(units={"web.service": Unit(active="failed")})
    host = acting_host(machine)
    found = (await host.scan()).findings
    machine.units["web.service"].active = "active"
    assert not await restart_failed_unit.propose(found, host, NOW)
