"""A line of shell on this machine, for what no other tool covers: judged, and run only if each part of it reads, in a sandbox.

No shell reads it: the words of each command are handed to its program as they were judged, and pipes are laid between the programs. The
sandbox shows logs, configuration without secrets, packages and the kernel's figures, read-only; it has no network, no processes, no
home and no key. What asks more (a cluster, a service, other machines) is a read all the same, and is told which tool shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.commands.classes import Class, Step, Verdict
from stead.domain.commands.judge import judge
from stead.domain.errors import BlindError
from stead.estate import sandbox_view
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.estate.host.sudo import SudoCommands
from stead.estate.pipeline import pipeline
from stead.ports import Estate
from stead.tools.command_tables import command_tables

SECONDS = 20.0
MISSING = 127

ELSEWHERE = {
    "cluster": "the cluster, which the sandbox cannot reach: use a tool for clusters (k8s_get, k8s_logs …)",
    "network": "the network, and the sandbox has none: host_sockets shows what listens here",
    "processes": "the processes of this machine, which the sandbox does not show: use host_processes",
    "bus": "systemd, which the sandbox cannot reach: use host_unit, host_units or host_journal",
    "service": "a service, which the sandbox cannot reach",
    "device": "devices, which the sandbox does not show",
    "root": "for rights that nothing here has: leave the wrapper out",
    "shell": "for a shell, and none is run here: give the command itself, with whole paths",
}
"""What a command may need that is not in the sandbox. The kernel's figures and files are."""


class Line(msgspec.Struct, forbid_unknown_fields=True):
    line: Annotated[str, Meta(description="Commands that only read, joined by |, &&, || or ;. No globs, variables or redirections")]


async def _shell(estate: Estate, asked: Line) -> Looked:
    if not _is_here(estate):
        raise BlindError(f"`{estate.id}` is not this machine, or has no sandbox", reason="NoSandbox", command="stead doctor")
    verdict = judge(asked.line, command_tables())
    _refuse(verdict)
    said: list[str] = []
    await _run(verdict.steps, said)
    return Looked(text="\n".join(part for part in said if part) or "(it says nothing)", command=asked.line, tainted=True)


def _refuse(verdict: Verdict) -> None:
    """ValueError, in words that a model can correct itself by, for whatever is not a read that the sandbox can answer."""
    if verdict.class_ is not Class.READ or not verdict.steps:
        raise ValueError(f"it was not run: it is {verdict.class_}, because {verdict.because.why}")
    needs = next((need for part in verdict.parts for need in part.needs if need in ELSEWHERE), "")
    if needs:
        raise ValueError(f"it was not run: it reads, but asks {ELSEWHERE[needs]}")


async def _run(steps: Sequence[Step], said: list[str]) -> int:
    """As a shell would go through them; the last exit status."""
    code = 0
    for step in steps:
        if (step.joined == "&&" and code != 0) or (step.joined == "||" and code == 0):
            continue
        if step.group:
            code = await _run(step.group, said)
            continue
        done = await pipeline([sandbox_view.boxed(command) for command in step.commands], SECONDS)
        code = done.code
        said += [done.stdout.rstrip(), _complaint(done.stderr, step)]
        said += ["(it said more than is kept)"] if done.cut else []
        said += [f"(exit status {code})"] if code != 0 else []
    return code


def _complaint(stderr: str, step: Step) -> str:
    """bwrap's own word for a program that is not there is not the program's."""
    for command in step.commands:
        if f"bwrap: execvp {command[0]}" in stderr:
            return f"there is no program {command[0]} here"
    return stderr


def _is_here(estate: Estate) -> bool:
    if not isinstance(estate, HostEstate):
        return False
    commands = estate.commands.wrapped if isinstance(estate.commands, SudoCommands) else estate.commands
    return isinstance(commands, LocalCommands) and sandbox_view.works()


shell = Toolset(
    name="shell",
    fits=_is_here,
    tools=(Tool(name="shell", arguments=Line, run=_shell, page="A line of shell that only reads: ls, cat, grep, find, awk, jq …"),),
    page=(__doc__ or "").strip(),
)
