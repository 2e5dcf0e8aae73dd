"""The brief of a host: its system and kernel, file systems, containers and services. Names only, and nothing that changes by the hour.

It asks what the checks of hosts ask (os-release(5), proc(5), df(1), docker-ps(1), systemctl(1)); what a host has not has no section.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from stead.checks.host.disk import IMAGES, PSEUDO, SPACE, parse_df
from stead.domain.errors import SteadError
from stead.ports import HostCommands

SECONDS = 10.0
MOST_NAMES = 40
ENGINES = ("docker", "podman")
SERVICES = ("systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend", "--full", "--no-pager")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.\\@/-]{0,120}")
"""What is taken for a name: what somebody else named otherwise is no name of theirs to put into a prompt."""
_EVERYWHERE = re.compile(r"(systemd-|dbus|getty@|serial-getty@|user@|polkit|cron\b|rsyslog|udisks|networkd-dispatcher)")
"""Services that nearly every machine has: they tell nothing of this one."""


async def sections(commands: HostCommands) -> dict[str, str]:
    """heading → text."""
    release, kernel, disks, services, *containers = await asyncio.gather(
        _said(commands, ("cat", "/etc/os-release")),
        _said(commands, ("cat", "/proc/sys/kernel/osrelease")),
        _said(commands, SPACE),
        _said(commands, SERVICES),
        *(_said(commands, (engine, "ps", "--all", "--format", "{{.Names}}")) for engine in ENGINES),
    )
    running = f"kernel {kernel.strip()}" if _NAME.fullmatch(kernel.strip()) else ""
    engines = [(engine, _named(text)) for engine, text in zip(ENGINES, containers, strict=True)]
    made = {
        "System": ", ".join(part for part in (_system(release), running) if part),
        "File systems": _file_systems(disks),
        "Containers": "; ".join(f"{engine}: {names}" for engine, names in engines if names),
        "Services": _named("\n".join(word for word in _units(services) if not _EVERYWHERE.match(word))),
    }
    return {heading: text for heading, text in made.items() if text}


async def _said(commands: HostCommands, argv: Sequence[str]) -> str:
    """What the command prints; "" where it fails, or there is none."""
    try:
        done = await commands.run(argv, SECONDS)
    except SteadError:
        return ""
    return done.stdout if done.code == 0 else ""


def _system(release: str) -> str:
    found = re.search(r'^PRETTY_NAME="?([A-Za-z0-9 ()._/+-]{1,80})"?$', release, re.MULTILINE)
    return found[1].strip() if found else ""


def _file_systems(text: str) -> str:
    mounts = {m.path: m.type for m in parse_df(text)[0] if m.type not in (IMAGES | PSEUDO | {"tmpfs", "overlay"}) and _place(m.path)}
    return _named("\n".join(f"{path} ({type_})" for path, type_ in sorted(mounts.items())), named=False)


def _place(path: str) -> bool:
    return path == "/" or _NAME.fullmatch(path.removeprefix("/")) is not None


def _units(text: str) -> list[str]:
    return [line.split()[0].removesuffix(".service") for line in text.splitlines() if line.strip()]


def _named(text: str, *, named: bool = True) -> str:
    names = sorted({line.strip() for line in text.splitlines() if line.strip() and (not named or _NAME.fullmatch(line.strip()))})
    return ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
