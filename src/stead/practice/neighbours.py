"""Neighbours: what else lives in a practice cluster and is well, so that a fault does not stand alone in an empty one. One YAML file a set.

Promise: nothing of them is wrong at any time. Whatever is found about a neighbour is a false alarm, unless the fault has hit it, too.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, Field

from stead.app.config_errors import nearest
from stead.app.yaml_file import parse_yaml
from stead.practice.scenario_manifests import Manifests
from stead.practice.scenario_steps import Images, Moment, Step, length
from stead.practice.scenario_words import Section

_FOLDER = files("stead.practice") / "neighbours"


class Neighbours(Section):
    """One set. Keys are those of a scenario; `steps` is its past, `noise` what it does while Stead watches."""

    about: str = Field(min_length=1)
    objects: Manifests
    images: Images = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    noise: tuple[Moment, ...] = ()

    @property
    def past(self) -> timedelta:
        """How long what happened earlier takes."""
        return length(self.steps)


@cache
def neighbour_names() -> tuple[str, ...]:
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml")))


@cache
def neighbours(name: str) -> Neighbours:
    """The set of this name. KeyError when there is none."""
    if name not in neighbour_names():
        raise KeyError(name)
    written = parse_yaml((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")
    return Neighbours.model_validate_json(json.dumps(written.data))


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in neighbour_names():
            meant = nearest(name, neighbour_names())
            tail = f"did you mean `{meant}`?" if meant else f"known: {', '.join(neighbour_names())}"
            raise ValueError(f"names no neighbours (`{name}`); {tail}")
    return names


NeighbourNames = Annotated[tuple[str, ...], AfterValidator(_known)]
"""Names of sets of neighbours."""
