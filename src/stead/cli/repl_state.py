"""What a conversation on the terminal leaves for the next start: its session, and the question whose answer it still waits for."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(slots=True)
class Left:
    """`question` with its `key` is what was put and not answered yet, "" when nothing waits."""

    session: str = ""
    question: str = ""
    key: str = ""


class Memory:
    """Two files of this user's alone (0600), under $XDG_STATE_HOME/stead: lines that were typed, and what each service left."""

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "state")
        parts = urlsplit(url)
        self.folder = Path(state) / "stead"
        self.history = self.folder / "repl-history"
        self._left = self.folder / f"repl-{(parts.hostname or '').replace(':', '_')}-{parts.port or 0}.json"

    def open(self) -> bool:
        """Make the files, for this user alone. False where that cannot be: then nothing is remembered, and all else works."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.history, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        except OSError:
            return False
        return True

    def left(self) -> Left:
        try:
            return Left(**json.loads(self._left.read_text()))
        except (OSError, ValueError, TypeError):
            return Left()

    def leave(self, left: Left) -> None:
        """Written whole or not at all."""
        half = self._left.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(left), file)
            half.replace(self._left)
