"""The token by which this user's command line reaches this user's service, without asking for one.

It lies in a file that only the user can read, outside the state folder: what can read the store cannot approve. Imported by every
command, so it imports little.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from stead.domain.held import hold

NAME = "cli"
"""The name of this token among the others; each start makes a new one."""

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (compared with, not bound to)


def place(url: str, environ: Mapping[str, str]) -> Path:
    """Where the token for the service at `url` lies: `$XDG_RUNTIME_DIR/stead`, else ~/.local/share/stead-cli. ValueError for a bad URL."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname in ("localhost", *_EVERYWHERE, None) else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return _folder(environ) / f"{host.replace(':', '_')}-{port}.token"


def _folder(environ: Mapping[str, str]) -> Path:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "stead"
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return home / ".local" / "share" / "stead-cli"


def write(path: Path, plain: str) -> None:
    """Put the token at `path`, mode 0600, whole or not at all. OSError when that cannot be."""
    hold(plain)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(plain + "\n")
    half.replace(path)


def read(path: Path) -> str:
    """The token at `path`; "" where there is none that this user can read."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remove(path: Path, plain: str) -> None:
    """Take the token away again, unless another service has put its own there."""
    if read(path) == plain:
        with contextlib.suppress(OSError):
            path.unlink()
