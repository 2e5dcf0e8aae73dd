"""A unit is restarted once, unless Stead or the way to its host depends on it."""

import pytest

from stead.actions.restart_unit import restart_unit
from stead.domain.errors import ConflictError, PermanentError, TemporaryError
from stead.testing.on_a_host import acting_host, decided
from stead.testing.scripted_host import ScriptedHost, Unit


async def test_a_failed_unit_is_reset_and_restarted_and_the_journal_is_told():
    machine = ScriptedHost(units={"web.service": Unit(active="failed")})
    host = acting_host(machine)
    action = await decided(host, "restart_unit", "Unit", "web.service")
    assert await restart_unit.preflight(action, host) == ""
    assert not await restart_unit.landed(action, host)
    await restart_unit.apply(action, host, host.hands())
    assert machine.units["web.service"].active == "active"
    assert machine.changed() == ["systemctl reset-failed -- web.service", "systemctl restart -- web.service"]
    assert "logger -t stead -- action 41.1.1.1: systemctl restart -- web.service" in machine.asked
    assert await restart_unit.landed(action, host)


async def test_one_that_was_started_since_is_left_alone():
    machine = ScriptedHost(units={"web.service": Unit(active="failed")})
    host = acting_host(machine)
    action = await decided(host, "restart_unit", "Unit", "web.service")
    machine.units["web.service"].starts += 1
    assert "started anew" in await restart_unit.preflight(action, host)
    with pytest.raises(ConflictError):
        await restart_unit.apply(action, host, host.hands())
    assert machine.changed() == []


async def test_one_that_does_not_come_up_says_so():
    machine = ScriptedHost(units={"web.service": Unit(active="failed", comes_up=False)})
    host = acting_host(machine)
    with pytest.raises(PermanentError, match="control process exited"):
        await restart_unit.apply(await decided(host, "restart_unit", "Unit", "web.service"), host, host.hands())


async def test_an_answer_that_does_not_come_is_no_refusal():
    machine = ScriptedHost(units={"web.service": Unit()}, dies_at="systemctl restart")
    host = acting_host(machine)
    with pytest.raises(TemporaryError, match="nobody can say"):
        await restart_unit.apply(await decided(host, "restart_unit", "Unit", "web.service"), host, host.hands())


@pytest.mark.parametrize("name", ["sshd.service", "stead.service", "systemd-networkd.service", "dbus-broker.service", "user@1000.service"])
async def test_what_stead_needs_is_left_to_people(name: str):
    host = acting_host(ScriptedHost(units={name: Unit(active="failed")}))
    assert "left to people" in await restart_unit.preflight(await decided(host, "restart_unit", "Unit", name), host)


@pytest.mark.parametrize(("unit", "why"), [(Unit(load="masked"), "masked"), (Unit(active="activating"), "activating at this moment")])
async def test_what_speaks_against_it(unit: Unit, why: str):
    host = acting_host(ScriptedHost(units={"web.service": unit}))
    assert why in await restart_unit.preflight(await decided(host, "restart_unit", "Unit", "web.service"), host)
