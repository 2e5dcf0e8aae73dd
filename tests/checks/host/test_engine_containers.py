"""Containers of Docker and Podman, in the words of `inspect`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.engine_containers import engine_containers, parse_containers
from stead.domain.errors import BlindError
from stead.domain.finding import FindingState

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

ID = "4f0c1d2e3b5a"


MONTH = timedelta(days=30)


def row(
    status: str,
    code: int = 0,
    *,
    killed: str = "false",
    policy: str = "always",
    restarts: int = 0,
    health: str = "",
    error: str = "",
    age: timedelta = MONTH,
    up: timedelta = MONTH,
) -> str:
    made, begun = ((NOW - span).isoformat() for span in (age, up))
    return f'/web|{status}|{code}|{killed}|{policy}|{restarts}|{health}|"{made}"|"{begun}"|"{error}"'


def docker(*rows: str) -> dict[str, str]:
    return {"docker ps": f"{ID}\n" * len(rows), "docker inspect": "\n".join(rows)}


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (row("running"), None),
        (row("running", health="healthy"), None),
        (row("running", health="starting"), None),
        (row("running", health="unhealthy"), "ContainerUnhealthy"),
        (row("running", restarts=99), None),
        (row("running", restarts=12, age=timedelta(seconds=15), up=timedelta(seconds=1)), "ContainerRestarting"),
        (row("running", restarts=12, age=timedelta(hours=1), up=timedelta(minutes=5)), None),
        (row("running", restarts=12, up=timedelta(seconds=1)), None),
        (row("running", restarts=10**30, age=timedelta(seconds=15), up=timedelta(seconds=1)), "ContainerRestarting"),
        (row("running", restarts=1, age=timedelta(seconds=15), up=timedelta(seconds=1)), None),
        (row("running", restarts=12, policy="no", age=timedelta(seconds=15), up=timedelta(seconds=1)), None),
        (row("restarting", 1, restarts=1), None),
        (row("restarting", 1, restarts=3), "ContainerRestarting"),
        (row("exited", 0), None),
        (row("exited", 137), None),
        (row("exited", 137, killed="true"), "ContainerFailed"),
        (row("exited", 1, policy="on-failure"), "ContainerFailed"),
        (row("exited", 1, policy="no"), None),
        (row("exited", 128, error="driver failed programming external connectivity"), "ContainerNotStarted"),
        (row("created", policy="no"), None),
        (row("paused"), None),
        (row("dead", 1, policy="no"), "ContainerDead"),
    ],
)
async def test_each_state(says: Any, container: str, reason: str | None) -> None:
    found = await engine_containers.run(says(docker(container)), "nas", NOW)
    assert [(f.reason, str(f.subject)) for f in found] == ([(reason, "Container web")] if reason else [])


async def test_podman_under_two_names_is_one(says: Any) -> None:
    both = {**docker(row("dead")), "podman ps": f"{ID}\n", "podman inspect": row("dead")}
    assert len(await engine_containers.run(says(both), "nas", NOW)) == 1


async def test_no_engine_and_no_daemon_are_silence(says: Any, fails: Any) -> None:
    assert list(await engine_containers.run(says({}), "nas", NOW)) == []
    away = fails("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
    assert list(await engine_containers.run(says({"docker ps": away}), "nas", NOW)) == []


async def test_who_may_not_ask_is_blind(says: Any, fails: Any) -> None:
    with pytest.raises(BlindError, match="may not ask docker") as caught:
        await engine_containers.run(
            says({"docker ps": fails("permission denied while trying to connect to the Docker daemon socket")}), "nas", NOW
        )
    assert caught.value.reason == "Forbidden"


async def test_one_that_ended_in_between_costs_no_other(says: Any, fails: Any) -> None:
    gone = fails("Error: No such container: 1", stdout=row("dead"))
    assert len(await engine_containers.run(says({"docker ps": ID, "docker inspect": gone}), "nas", NOW)) == 1


async def test_a_cut_line_is_blind(says: Any) -> None:
    found = await engine_containers.run(says(docker(row("dead"), "/web|runn")), "nas", NOW)
    assert [f.state for f in found] == [FindingState.FIRING, FindingState.BLIND]


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    found, odd = parse_containers(text)
    assert len(found) + len(odd) <= len(text.splitlines())
