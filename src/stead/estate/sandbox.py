"""The sandbox in which other people's programs run: bubblewrap, and nothing without it.

Promise: a program in it sees the system's programs, its own folder and what was named, all read-only; no home, no environment, no token,
no other process, and no network unless that was named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stead.ports import HostCommands

SECONDS = 10.0
NOBODY = "65534"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
"""Programs and what they load. Where /bin is a link into /usr, binding it shows the same files."""
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """`folder` the program's own · `reads` more that it may read · `network` whether it may use this machine's."""

    folder: Path
    reads: tuple[Path, ...] = ()
    network: bool = False

    def command(self, argv: Sequence[str]) -> tuple[str, ...]:
        """`argv` in the sandbox (bwrap(1)): namespaces of its own, no right, an empty home and /tmp that end with it."""
        shown = [*_SYSTEM, *(_NETWORK if self.network else ())]
        reads = [str(path) for path in self.reads]
        # A link may lead to where the sandbox has nothing (resolv.conf into /run): what it leads to is shown under its name.
        system = [word for path in shown for word in ("--ro-bind-try", str(Path(path).resolve()), path)]
        own = [word for path in (str(self.folder), *reads) for word in ("--ro-bind-try", path, path)]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"}  # noqa: S108 - its own
        named = [word for name, value in environment.items() for word in ("--setenv", name, value)]
        return (
            "bwrap",
            "--unshare-all",
            *(["--share-net"] if self.network else []),
            *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 - its own, in memory
            *system,
            *own,
            *("--clearenv", *named, "--chdir", str(self.folder), "--"),
            *argv,
        )


async def trouble(commands: HostCommands) -> str:
    """Why no sandbox works here, as a clause; "" when one does."""
    done = await commands.run(Sandbox(folder=Path("/usr")).command(["true"]), SECONDS)
    if done.code == 0:
        return ""
    if done.code == 127:
        return "bubblewrap is not installed (the package bubblewrap)"
    return f"bubblewrap does not work here: {' '.join(done.stderr.split())[:200] or f'exit code {done.code}'}"
