"""systemd forgets a failure; nothing is started."""

from stead.actions.reset_failed_unit import reset_failed_unit
from stead.testing.on_a_host import acting_host, decided
from stead.testing.scripted_host import ScriptedHost, Unit


async def test_the_failure_is_forgotten_and_nothing_is_started():
    machine = ScriptedHost(units={"once.service": Unit(active="failed")})
    host = acting_host(machine)
    action = await decided(host, "reset_failed_unit", "Unit", "once.service")
    assert await reset_failed_unit.preflight(action, host) == ""
    await reset_failed_unit.apply(action, host, host.hands())
    assert machine.units["once.service"] == Unit(active="inactive", starts=1)
    assert await reset_failed_unit.landed(action, host)


async def test_one_that_has_not_failed_is_left_alone():
    host = acting_host(ScriptedHost(units={"web.service": Unit()}))
    assert await reset_failed_unit.preflight(await decided(host, "reset_failed_unit", "Unit", "web.service"), host) == "it has not failed"
