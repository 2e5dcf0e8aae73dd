"""The sandbox in which other people's programs run: bubblewrap, and nothing without it.

Promise: a program in it sees the system's programs, its own folder and what was named, all read-only (a coding program may write into its
folder); no home, no environment, no token, no other process, and no network unless that was named. A named network is what is beyond this
machine: nothing that listens here can be reached from it, on loopback or on any address of this machine's own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stead.estate import beyond
from stead.ports import HostCommands

SECONDS = 10.0
NOBODY = "65534"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
"""Programs and what they load. Where /bin is a link into /usr, binding it shows the same files."""
_NETWORK = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki")

_ALONE = ("--unshare-all", "--uid", NOBODY, "--gid", NOBODY)
_BEYOND = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--ro-bind-data",
    str(beyond.RESOLV_CONF),
    "/etc/resolv.conf",
)
"""Users and network are already namespaces of their own there (beyond.py), in which the program is a root without a single right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """`folder` the program's own · `reads` more that it may read · `network` whether it may reach what is beyond this machine.

    `keeps` names variables that it keeps of the environment in which the sandbox is started; their values stand on no command line.
    `writes` whether it may write into its folder, which only a coding program may.
    """

    folder: Path
    reads: tuple[Path, ...] = ()
    network: bool = False
    keeps: tuple[str, ...] = ()
    writes: bool = False

    def command(self, argv: Sequence[str]) -> tuple[str, ...]:
        """`argv` in the sandbox (bwrap(1)): namespaces of its own, no right, an empty home and /tmp that end with it."""
        shown = [*_SYSTEM, *(_NETWORK if self.network else ())]
        reads = [str(path) for path in self.reads]
        # A link may lead to where the sandbox has nothing: what it leads to is shown under its name.
        system = [word for path in shown for word in ("--ro-bind-try", str(Path(path).resolve()), path)]
        own = [word for path in (str(self.folder), *reads) for word in ("--ro-bind-try", path, path)]
        own += ["--bind", str(self.folder), str(self.folder)] if self.writes else []
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"}  # noqa: S108 - its own
        named = [word for name, value in environment.items() for word in ("--setenv", name, value)]
        boxed = (
            "bwrap",
            *(_BEYOND if self.network else _ALONE),
            *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
            # The first process in it is bwrap, whose /proc/1/environ would show what it was started with: this process's environment.
            *("--proc", "/proc", "--tmpfs", "/proc/1", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 - its own, in memory
            *system,
            *own,
            *(*self._cleared(), *named, "--chdir", str(self.folder), "--"),
            *argv,
        )
        return beyond.command(boxed, beyond.own_addresses(), root=os.geteuid() == 0) if self.network else boxed

    def _cleared(self) -> tuple[str, ...]:
        """Whoever starts the sandbox hands on no variable but the kept ones, and what stands in this process's own environment."""
        if not self.keeps:
            return ("--clearenv",)
        return tuple(word for name in sorted({*os.environ} - {*self.keeps}) for word in ("--unsetenv", name))


async def trouble(commands: HostCommands, *, network: bool = False) -> str:
    """Why no sandbox works here, or none with a `network`, as a clause; "" when one does."""
    done = await commands.run(Sandbox(folder=Path("/usr"), network=network).command(["true"]), SECONDS)
    if done.code == 0:
        return ""
    if network:
        return beyond.trouble(done)
    if done.code == 127:
        return "bubblewrap is not installed (the package bubblewrap)"
    return f"bubblewrap does not work here: {' '.join(done.stderr.split())[:200] or f'exit code {done.code}'}"
