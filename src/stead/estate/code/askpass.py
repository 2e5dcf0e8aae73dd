"""How Git is told a token: by a program of ours that reads it from a file, which is there only while Git runs.

Promise: the token is in no argument, no address, no configuration and no environment. See gitcredentials(7), "Requesting credentials".
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

from stead.domain.errors import BlindError, UserError
from stead.secrets import SecretRef

_PROGRAM = '#!/bin/sh\ncase "$1" in\n  Username*) echo stead ;;\n  *) cat "${0%/*}/token" ;;\nesac\n'
"""Git asks it `Username for 'https://host': `, then `Password for …`, and reads its first line. Forges take any name beside a token."""

_PREFIX = "askpass-"


@contextlib.contextmanager
def told(token: SecretRef | None, folder: Path) -> Generator[Mapping[str, str]]:
    """The environment in which Git can ask for the token; nothing where there is none. BlindError when it cannot be read."""
    if token is None:
        yield {}
        return
    try:
        value = token.resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob(f"{_PREFIX}*"):  # of a process that died
            shutil.rmtree(left, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    except UserError as error:
        raise BlindError(str(error), reason="Unauthorized") from error
    except OSError as error:
        raise BlindError(f"{folder} cannot be written: {error.strerror}", reason="Absent") from error
    try:
        _write(made / "token", value + "\n", 0o600)
        _write(made / "askpass", _PROGRAM, 0o700)
        yield {"GIT_ASKPASS": str(made / "askpass")}
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
