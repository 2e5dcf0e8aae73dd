"""Containers of Docker and Podman that are unwell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, is_forbidden, odd_output, refused
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.ports import HostCommands

ENGINES = ("docker", "podman")

STOPPED = frozenset({0, 130, 137, 143})
"""How a container ends that a person stopped: by itself, or by SIGINT, SIGKILL or SIGTERM (128 + signal). Nobody keeps who it was."""

RESTARTS = 3
"""A container that is between two starts and has been started again this often does not come up."""

JUST, OFTEN = timedelta(minutes=2), timedelta(hours=1)
"""Podman starts a container again at once: one that never comes up is seen running, begun just now, and on average begun so often."""

_FORMAT = (
    "{{.Name}}|{{.State.Status}}|{{.State.ExitCode}}|{{.State.OOMKilled}}|{{.HostConfig.RestartPolicy.Name}}|{{.RestartCount}}|"
    "{{if .State.Health}}{{.State.Health.Status}}{{end}}|{{json .Created}}|{{json .State.StartedAt}}|{{json .State.Error}}"
)
"""A line for each container, its fields as both engines name them (https://docs.docker.com/reference/api/engine/)."""

_ABSENT = ("Cannot connect to the Docker daemon", "cannot connect to the docker daemon", "Is the docker daemon running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """`policy` is its restart policy, `health` what its health check says ("" without one), `error` why it could not be started.

    `made` and `begun` (the last time) are None where the engine does not tell.
    """

    name: str
    status: str
    code: int
    out_of_memory: bool
    policy: str
    restarts: int
    health: str
    error: str
    made: datetime | None = None
    begun: datetime | None = None


@host_check(every=timedelta(minutes=1))
async def engine_containers(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """A container of Docker or Podman is unhealthy, keeps restarting, could not be started, or failed though it should run."""
    found: list[Finding] = []
    seen: set[str] = set()
    for engine in ENGINES:
        ids = await _ids(commands, engine)
        if not ids:
            continue
        argv = (engine, "inspect", "--type", "container", "--format", _FORMAT, *ids)
        done = await ask(commands, argv)
        # A container that ended between the two questions makes the exit code 1; the others were told all the same.
        if done is None or (done.code != 0 and not done.stdout.strip() and "no such" not in done.stderr.lower()):
            raise refused(argv, done) if done is not None else BlindError(f"{engine} is gone", reason="Unreachable", command=engine)
        containers, odd = parse_containers(done.stdout)
        found += [f for container in containers if container.name not in seen for f in _judge(engine, container, estate, now)]
        seen |= {container.name for container in containers}  # podman-docker is Podman under both names
        found += [odd_output("engine_containers", estate, argv[:5], odd[0], now)] if odd else []
    return found


async def _ids(commands: HostCommands, engine: str) -> Sequence[str]:
    argv = (engine, "ps", "--all", "--quiet", "--no-trunc")
    done = await ask(commands, argv)
    if done is None or any(words in done.stderr for words in _ABSENT):
        return ()  # a daemon that should run and does not is a failed unit
    if done.code != 0:
        if is_forbidden(done):
            raise BlindError(f"this user may not ask {engine}", reason="Forbidden", command=shlex.join(argv))
        raise refused(argv, done)
    return [line for line in map(str.strip, done.stdout.splitlines()) if line.isalnum()][:500]


def parse_containers(text: str) -> tuple[list[Container], list[str]]:
    """What `inspect` wrote in our format → containers, and the lines that are none."""
    found: list[Container] = []
    odd: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        fields = line.split("|", 9)
        try:
            name, status, code, killed, policy, restarts, health, made, begun, error = fields
            said = json.loads(error)
            container = Container(
                name=name.removeprefix("/"),
                status=status,
                code=int(code),
                out_of_memory=killed == "true",
                policy=policy,
                restarts=int(restarts),
                health=health,
                error=said if isinstance(said, str) else "",
                made=_moment(made),
                begun=_moment(begun),
            )
        except (ValueError, RecursionError):
            odd.append(line)
        else:
            found.append(container)
    return found, odd


def _moment(text: str) -> datetime | None:
    """RFC 3339 in quotes; the year 1 is Go's way of saying never."""
    try:
        found = datetime.fromisoformat(text.strip('"'))
    except ValueError:
        return None
    return found if found.year > 1 and found.tzinfo is not None else None


def _comes_and_goes(one: Container, now: datetime) -> bool:
    if one.restarts < RESTARTS or one.made is None or one.begun is None:
        return False
    return now - one.begun < JUST and now - one.made < min(one.restarts, 100_000) * OFTEN


def _judge(engine: str, one: Container, estate: str, now: datetime) -> list[Finding]:
    kept = one.policy in ("always", "unless-stopped", "on-failure")
    if one.status == "running":
        wrong = ("ContainerUnhealthy", "fails its health check") if one.health == "unhealthy" else None
        if wrong is None and kept and _comes_and_goes(one, now):
            wrong = ("ContainerRestarting", f"keeps restarting, {one.restarts} times by now")
    elif one.status == "restarting":
        wrong = ("ContainerRestarting", f"keeps restarting, exit code {one.code}") if one.restarts >= RESTARTS else None
    elif one.status == "dead":
        wrong = ("ContainerDead", "could not be removed")
    elif one.status in ("exited", "created") and kept and one.error:
        wrong = ("ContainerNotStarted", "could not be started")
    elif one.status == "exited" and kept and (one.out_of_memory or one.code not in STOPPED):
        wrong = ("ContainerFailed", "was killed for want of memory" if one.out_of_memory else f"has ended with exit code {one.code}")
    else:
        wrong = None
    if wrong is None:
        return []
    reason, words = wrong
    command = shlex.join([engine, "inspect", "--format", "{{json .State}}", one.name])
    return [
        Finding(
            check="engine_containers",
            subject=Subject(estate=estate, api_version="host.stead/v1", kind="Container", name=one.name),
            reason=reason,
            summary=f"container {one.name} {words}",
            severity=Severity.WARNING,
            evidence=(
                Evidence(what="state", value=f"{one.status}, restarted {one.restarts} times", command=command),
                *([Evidence(what="the engine's words", value=one.error[:500], command=command, tainted=True)] if one.error else []),
            ),
        )
    ]
