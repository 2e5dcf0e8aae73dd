"""A host through the commands that its checks use: systemd's units and journal, disks, sockets, processes. Nothing here can write.

What a model gives is checked before it becomes an argument, and no shell reads it: `journalctl --unit=…` can be told a unit, nothing else.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.errors import BlindError
from stead.estate.host.estate import HostEstate
from stead.ports import Completed, Estate

SECONDS = 45.0
MOST_LINES = 2000
MOST_MINUTES = 31 * 24 * 60

_UNIT = re.compile(r"[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]{0,254}")
"""What systemd.unit(5) allows in a unit's name; none begins as an option does."""
_MISSING = 127
_NO_SUCH_UNIT = 4
"""`systemctl status` of a unit that is not there (systemctl(1), exit status)."""

Unit = Annotated[str, Meta(description="Like nginx.service")]


class Units(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["failed", "active", "inactive", "activating", "running", "all"] = "failed"


class OneUnit(msgspec.Struct, forbid_unknown_fields=True):
    unit: Unit


class Journal(msgspec.Struct, forbid_unknown_fields=True):
    unit: Annotated[str, Meta(description="Empty: all")] = ""
    minutes: float = 60.0
    priority: Literal["", "emerg", "alert", "crit", "err", "warning", "notice", "info"] = ""
    grep: Annotated[str, Meta(description="Regular expression")] = ""
    kernel: bool = False
    lines: int = 200


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


class Sockets(msgspec.Struct, forbid_unknown_fields=True):
    what: Literal["listening", "established", "all", "summary"] = "listening"


class Processes(msgspec.Struct, forbid_unknown_fields=True):
    by: Literal["cpu", "memory", "age"] = "cpu"
    most: int = 25


async def _units(estate: Estate, asked: Units) -> Looked:
    state = ["--all"] if asked.state == "all" else [f"--state={asked.state}"]
    argv = ["systemctl", "list-units", *state, "--no-pager", "--plain", "--no-legend", "--full"]
    done = await _run(estate, argv)
    return Looked(text=_said(done) or f"no unit is {asked.state}", command=shlex.join(argv))


async def _unit(estate: Estate, asked: OneUnit) -> Looked:
    unit = _checked_unit(asked.unit)
    argv = ["systemctl", "status", "--no-pager", "--full", "--lines=30", "--", unit]
    done = await _run(estate, argv, fine=(0, 1, 2, 3, _NO_SUCH_UNIT))
    if done.code == _NO_SUCH_UNIT and not done.stdout.strip():
        raise ValueError(f"there is no unit {unit} on this host")
    return Looked(text=_said(done), command=shlex.join(argv), tainted=True)


async def _journal(estate: Estate, asked: Journal) -> Looked:
    argv = ["journalctl", "--no-pager", "--output=short-iso", f"--lines={min(max(asked.lines, 1), MOST_LINES)}"]
    argv.append(f"--since=-{min(max(asked.minutes, 0.1), MOST_MINUTES) * 60:.0f}s")
    argv += [f"--unit={_checked_unit(asked.unit)}"] if asked.unit else []
    argv += [f"--priority={asked.priority}"] if asked.priority else []
    argv += ["--dmesg"] if asked.kernel else []
    argv += [f"--grep={_checked_pattern(asked.grep)}"] if asked.grep else []
    done = await _run(estate, argv, fine=(0, 1) if asked.grep else (0,))
    return Looked(text=_said(done) or "the journal has nothing like it", command=shlex.join(argv), tainted=True)


async def _disk(estate: Estate, _: Nothing) -> Looked:
    sizes, inodes = ["df", "-hT"], ["df", "-i"]
    parts = [await _run(estate, argv, fine=(0, 1)) for argv in (sizes, inodes)]
    return Looked(text="\n\n".join(map(_said, parts)), command="df -hT; df -i")


async def _sockets(estate: Estate, asked: Sockets) -> Looked:
    flags = {"listening": ["-tulpn"], "established": ["-tnp", "state", "established"], "all": ["-tuanp"], "summary": ["-s"]}
    argv = ["ss", *flags[asked.what]]
    return Looked(text=_said(await _run(estate, argv)), command=shlex.join(argv), tainted=True)


async def _processes(estate: Estate, asked: Processes) -> Looked:
    order = {"cpu": "-pcpu", "memory": "-rss", "age": "-etimes"}[asked.by]
    argv = ["ps", "-eo", "pid,ppid,user,stat,pcpu,pmem,rss,etimes,args", f"--sort={order}"]
    done = await _run(estate, argv)
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    most = min(max(asked.most, 1), MOST_LINES)
    more = f"\n… and {len(lines) - 1 - most} processes more" if len(lines) - 1 > most else ""
    return Looked(text="\n".join(lines[: most + 1]) + more, command=shlex.join(argv), tainted=True)


async def _run(estate: Estate, argv: Sequence[str], fine: Sequence[int] = (0,)) -> Completed:
    if not isinstance(estate, HostEstate):
        raise BlindError(f"`{estate.id}` is no host", reason="Malformed")
    done = await estate.commands.run(argv, SECONDS)
    if done.code == _MISSING:
        raise BlindError(f"there is no program {argv[0]} on `{estate.id}`", reason="Absent", command=shlex.join(argv))
    if done.code not in fine:
        said = " ".join(done.stderr.split())[:300] or f"exit code {done.code}"
        raise BlindError(f"`{argv[0]}` on `{estate.id}` failed: {said}", reason="Malformed", command=shlex.join(argv))
    return done


def _said(done: Completed) -> str:
    return "\n".join(part.rstrip() for part in (done.stdout, done.stderr) if part.strip())


def _checked_unit(name: str) -> str:
    if not _UNIT.fullmatch(name):
        raise ValueError(f"`{name[:80]}` is not the name of a unit; write it like nginx.service")
    return name


def _checked_pattern(pattern: str) -> str:
    if not pattern.isprintable() or len(pattern) > 200:
        raise ValueError("`grep` is a regular expression of at most 200 characters, on one line")
    return pattern


host = Toolset(
    name="host",
    fits=lambda estate: isinstance(estate, HostEstate),
    tools=(
        Tool(name="host_units", arguments=Units, run=_units, page="systemd units in a state."),
        Tool(name="host_unit", arguments=OneUnit, run=_unit, page="One unit with the end of its log."),
        Tool(name="host_journal", arguments=Journal, run=_journal, page="The journal, filtered."),
        Tool(name="host_disk", arguments=Nothing, run=_disk, page="File systems: space and inodes."),
        Tool(name="host_sockets", arguments=Sockets, run=_sockets, page="Sockets and who holds them."),
        Tool(name="host_processes", arguments=Processes, run=_processes, page="Processes, by what they use."),
    ),
    page=(__doc__ or "").strip(),
)
