"""Tries a check of Kubernetes objects, as its author would: objects in, findings out, through the doors that the service uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from stead.app.discover import shelves
from stead.declare import Check
from stead.domain.finding import Finding
from stead.estate.kubernetes.custom_kinds import is_custom
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.kinds import custom_kind, kind_named, plural_of
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import Custom
from stead.estate.kubernetes.view import View

ESTATE = "home"
"""The id of the estate in which the objects are."""


def judge(check: Check, *objects: Mapping[str, Any], now: datetime) -> list[Finding]:
    """What `check` says at `now` of a cluster that holds just `objects` (as the API gives them): firing, progressing and blind findings.

    Every kind that the check watches is known completely. ValueError for an object of a kind that Stead does not read.
    """
    view = View(ESTATE)
    for struct in check.watches:
        view.mark_known(struct)
    for obj in objects:
        named = str(obj.get("apiVersion")), str(obj.get("kind"))
        kind = kind_named(*named) or (custom_kind(named[0], plural_of(named[1]), named[1], True) if is_custom(*named) else None)
        if kind is None:
            raise ValueError(f"Stead does not read {obj.get('apiVersion')} {obj.get('kind')}")
        if kind.custom and Custom in check.watches:
            view.mark_known(kind.struct)
        view.put(convert_object(kind.struct, obj))
    runner = Runner(view, [check])
    runner.full(now)
    return sorted(runner.current().values(), key=lambda finding: (finding.subject, finding.reason))


def load(path: Path) -> Check:
    """The check that the file at `path` declares, found as the service finds it in a folder. ValueError where it declares none of its name.

    UserError for what the service would refuse: a file of the folder that fails to load, a name that is taken.
    """
    found = shelves([path.parent])
    if path.stem in found.checks and Path(found.places[path.stem]) == path:
        return found.checks[path.stem]
    raise ValueError(f"{path} declares no check `{path.stem}`")
