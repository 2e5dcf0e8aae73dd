"""Which files of a folder are checks that are run as programs. Looked up anew each time: files come, change and go."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SHEBANG = b"#!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A program. `version` differs when the file does."""

    path: Path
    version: str

    @property
    def name(self) -> str:
        return self.path.name


def scripts(folders: Iterable[Path]) -> dict[str, Script]:
    """The programs in these folders by name, the first of a name; a folder that cannot be read has none."""
    found: dict[str, Script] = {}
    for folder in folders:
        for script in _in(folder):
            found.setdefault(script.name, script)
    return dict(sorted(found.items()))


def is_script(path: Path) -> bool:
    """A file that may be executed; a Python file only when it says by its first line that it wants to be, for others are imported."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or not _NAME.fullmatch(path.name) or not os.access(path, os.X_OK):
            return False
        if path.suffix != ".py":
            return not path.name.endswith((".bak", ".orig", ".rej", ".dpkg-dist"))
        with path.open("rb") as file:
            return file.read(len(_SHEBANG)) == _SHEBANG
    except OSError:
        return False


def _in(folder: Path) -> Iterator[Script]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if is_script(path):
            try:
                about = path.stat()
            except OSError:
                continue
            yield Script(path=path, version=f"{about.st_ino}-{about.st_mtime_ns}-{about.st_size}")
