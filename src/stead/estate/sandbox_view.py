"""What a look at this machine may see of it: logs, configuration and packages, read-only, with whatever holds secrets left out.

Promise: no home, no state of Stead, no socket, no process, no network; in /etc nothing that others may not read, and nothing that is
known to hold secrets. What is not listed is not there.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from stead.domain.commands.places import FILES, FOLDERS, is_secret
from stead.estate.sandbox import Sandbox

SHOWN = (
    "/etc",
    "/var/log",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/pacman",
    "/boot",
    "/sys",
    "/run/current-system",
    "/run/booted-system",
)
SECONDS = 5.0


def boxed(argv: Sequence[str]) -> tuple[str, ...]:
    """`argv` where it sees that and nothing else."""
    whole = list(Sandbox(folder=Path("/usr"), reads=tuple(Path(path) for path in SHOWN)).command(["--"]))
    at = whole.index("--clearenv")
    end = whole.index("--")
    return (*whole[:at], *_hidden(), *whole[at:end], "--", *argv)


def _hidden() -> Iterator[str]:
    """What is shown empty instead. Looked for anew each time: a secret may be new."""
    for path, folder in sorted(_secrets(Path("/etc"))):
        yield from ("--tmpfs", path) if folder else ("--ro-bind", "/dev/null", path)


def _secrets(top: Path) -> Iterator[tuple[str, bool]]:
    """Path, and whether it is a folder, of what others may not read or what is known to hold secrets. Links are followed by nobody."""
    with os.scandir(top) as entries:
        for entry in entries:
            if entry.is_symlink():
                continue
            folder = entry.is_dir(follow_symlinks=False)
            readable = entry.stat(follow_symlinks=False).st_mode & stat.S_IROTH
            if not readable or entry.path in (*FOLDERS, *FILES) or (not folder and is_secret(entry.path)):
                yield entry.path, folder
            elif folder:
                try:
                    yield from _secrets(Path(entry.path))
                except OSError:
                    yield entry.path, True


@cache
def works() -> bool:
    """Whether such a sandbox runs here; asked once."""
    try:
        done = subprocess.run(  # noqa: S603 - words of our own
            boxed(["true"]), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
