"""A container is restarted once, by the engine that has it."""

import pytest

from stead.actions.restart_container import restart_container
from stead.domain.errors import ConflictError
from stead.testing.on_a_host import acting_host, decided
from stead.testing.scripted_host import Container, ScriptedHost


async def test_it_is_restarted():
    machine = ScriptedHost(containers={"photos": Container(health="unhealthy")})
    host = acting_host(machine)
    action = await decided(host, "restart_container", "Container", "photos")
    assert await restart_container.preflight(action, host) == ""
    assert not await restart_container.landed(action, host)
    await restart_container.apply(action, host, host.hands())
    assert machine.changed() == ["docker restart -- photos"]
    assert await restart_container.landed(action, host)


async def test_one_that_was_started_since_is_left_alone():
    machine = ScriptedHost(containers={"photos": Container()})
    host = acting_host(machine)
    action = await decided(host, "restart_container", "Container", "photos")
    machine.containers["photos"].starts += 1
    with pytest.raises(ConflictError, match="started anew"):
        await restart_container.apply(action, host, host.hands())


@pytest.mark.parametrize(("name", "status", "why"), [("photos", "removing", "it is removing"), ("stead-server", "exited", "Stead's own")])
async def test_what_speaks_against_it(name: str, status: str, why: str):
    host = acting_host(ScriptedHost(containers={name: Container(status=status)}))
    assert why in await restart_container.preflight(await decided(host, "restart_container", "Container", name), host)
