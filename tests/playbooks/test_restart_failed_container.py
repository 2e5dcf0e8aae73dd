"""A container that failed is restarted; one that its engine restarts all the time is not."""

from datetime import UTC, datetime

import pytest

from stead.playbooks.restart_failed_container import restart_failed_container
from stead.testing.on_a_host import acting_host
from stead.testing.scripted_host import Container, ScriptedHost

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("container", [Container(status="exited", code=1), Container(health="unhealthy")])
async def test_it_fits(container: Container):
    host = acting_host(ScriptedHost(containers={"photos": container, "mail": Container()}))
    (request,) = await restart_failed_container.propose((await host.scan()).findings, host, NOW)
    assert (request.verb, request.subject.name) == ("restart_container", "photos")
    assert request.command == "docker restart -- photos"


async def test_it_does_not_fit_what_restarts_by_itself():
    host = acting_host(ScriptedHost(containers={"photos": Container(status="restarting", code=1, starts=9)}))
    found = (await host.scan()).findings
    assert [f.reason for f in found] == ["ContainerRestarting"]
    assert not await restart_failed_container.propose(found, host, NOW)
