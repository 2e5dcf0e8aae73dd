"""A practice cluster in a file: everything that decides how it goes on.

Promise: a restored cluster has the same objects with the same versions, and does from there on what the original would have done at
the same times, down to names and uids. Not kept: the log of changes (older watches and lists get 410, as after a restored backup), the
audit log, and every secret that opens the cluster: tokens and certificates are made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stead.domain.errors import UserError
from stead.practice.api.deletion import Deletes
from stead.practice.api.users import Users
from stead.practice.api.writes import Writes
from stead.practice.controllers.base import Controller
from stead.practice.engine import Engine, Worker
from stead.practice.names import Names
from stead.practice.scheduler.answers import Answers
from stead.practice.store import Store
from stead.practice.values import Reader, Writer
from stead.practice.world import World

_FORM = "stead practice snapshot 1"
_TOOLS = (World, Store, Engine, Names, Writes, Deletes, Controller, Answers)
"""What a worker works with, beside functions; all else that it holds is its memory."""


def write(path: Path, world: World, users: Users, workers: Iterable[Worker]) -> None:
    """Keep the cluster in a file that its owner alone can read. Raises UserError when it cannot be written."""
    tree = {
        "form": _FORM,
        "seed": world.names.seed,
        "orphan_gc": world.orphan_gc,
        "now": world.engine.now().isoformat(),
        "version": world.store.version,
        "objects": {resource: list(world.store.list(resource)) for resource in world.store.resources()},
        "memory": Writer().tree(
            {
                "engine": world.engine.memory(),
                "drawn": world.names.drawn,
                "images": world.images,
                "silent": world.silent_kubelets,
                "users": users.memory(),
                "workers": {worker.name: _memory(worker) for worker in _all(workers)},
            }
        ),
    }
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(tree))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"the snapshot {path} cannot be written: {error.strerror}", hint="choose another place for it") from None


def _memory(worker: Worker) -> dict[str, Any]:
    return {name: value for name, value in vars(worker).items() if not (isinstance(value, _TOOLS) or callable(value))}


def _all(workers: Iterable[Worker]) -> Iterator[Worker]:
    """The workers, and those that work for them."""
    for worker in workers:
        yield worker
        yield from _all(value for value in vars(worker).values() if isinstance(value, Controller))


def read(path: Path) -> dict[str, Any]:
    """What stands in the file. Raises UserError when that is no snapshot."""
    try:
        tree = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UserError(f"the snapshot {path} cannot be read: {error.strerror}", hint="check its path") from None
    except msgspec.DecodeError as error:
        raise _unreadable(path, f"it is not whole JSON ({error})") from None
    if not isinstance(tree, dict) or tree.get("form") != _FORM:  # pyright: ignore[reportUnknownMemberType]
        raise _unreadable(path, f"it does not begin with the form `{_FORM}`")
    return tree  # pyright: ignore[reportUnknownVariableType]


def time_of(tree: Mapping[str, Any]) -> datetime:
    """The cluster's time when the snapshot was taken."""
    return datetime.fromisoformat(tree["now"])


def restore(path: Path, tree: Mapping[str, Any], world: World, users: Users, workers: Iterable[Worker]) -> None:
    """Make a cluster that was just built into the one of the snapshot. Raises UserError for a snapshot that does not fit."""
    try:
        memory = Reader().value(tree["memory"])
        # Loudly: whoever derives something from the objects hears of them. What the workers make of it is then replaced by what they knew.
        world.store.restore(tree["version"], tree["objects"])
        world.images = memory["images"]
        world.names.drawn.clear()
        world.names.drawn.update(memory["drawn"])
        world.silent_kubelets |= memory["silent"]
        users.remember(memory["users"])
        by_name = {worker.name: worker for worker in _all(workers)}
        for name, known in memory["workers"].items():
            vars(by_name[name]).update(known)
        world.engine.remember(memory["engine"], by_name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path, str(error)) from None


def _unreadable(path: Path, why: str) -> UserError:
    hint = "take a new one with this version; older or damaged ones cannot be restored"
    return UserError(f"{path} is no snapshot that this version can restore: {why}", hint=hint)
