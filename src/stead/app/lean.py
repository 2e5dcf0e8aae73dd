"""What keeps the idle service small: it stays on machines that have little. Called before anything else is loaded, and harmless later."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import sys
from types import ModuleType
from typing import Any

_M_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h; see mallopt(3)."""


def begin() -> None:
    """Share what threads would each keep for themselves, and leave the driver of PostgreSQL until somebody asks for it."""
    # glibc gives each new thread an arena and keeps it: with twenty threads that mostly wait, some MB. Other C libraries have none.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    _load_log()
    _load_engine()


def settled() -> None:
    """Take what was loaded by now out of the garbage collector's sight: it lives as long as the process does.

    A full collection looks at 156,000 objects less, and stops the service for that much less time (gc.freeze).
    """
    gc.collect()
    gc.freeze()


def _load_log() -> None:
    """Load structlog, which takes in rich and twisted where they are installed (117 modules) for renderers that are not used here."""
    if "structlog" in sys.modules:
        return
    hidden = [name for name in ("rich", "twisted") if name not in sys.modules]
    # None in the place of a module: whoever imports it hears that it is not there.
    sys.modules.update(dict.fromkeys(hidden))  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        importlib.import_module("structlog")
    finally:
        for name in hidden:
            del sys.modules[name]


def _load_engine() -> None:
    """Load the durable engine, which imports PostgreSQL's driver (9 MB) whatever database it is given, to know its errors.

    It keeps a stand-in, which loads the driver when it is first asked for something. Everybody else finds the driver as ever.
    """
    if "psycopg" in sys.modules or "dbos" in sys.modules:
        return
    sys.modules["psycopg"] = _Later("psycopg")
    try:
        importlib.import_module("stead.store.queue")
    finally:
        del sys.modules["psycopg"]


class _Later(ModuleType):
    """Stands for a module until an attribute of it is wanted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks what kind of module this is
            raise AttributeError(name)
        if name == "errors":
            return _Later(f"{self.__name__}.errors")
        return getattr(importlib.import_module(self.__name__), name)
