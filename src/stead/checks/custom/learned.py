"""What the definition of a kind tells of its fields: `kubectl get` prints those that a person looks at first, under telling names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stead.checks.custom.words import Polarity, polarity
from stead.estate.kubernetes.slices import CustomResourceDefinition

_CONDITION = re.compile(r'\.status\.conditions\[\?\(@\.type\s*==\s*[\'"]([A-Za-z0-9./-]+)[\'"]\)\]\.status')
_FIELD = re.compile(r"\.(status(?:\.[A-Za-z0-9]+)+)")
_PHASES = frozenset(("status", "state", "phase", "health"))


@dataclass(frozen=True, slots=True)
class Learned:
    """`conditions` the polarity of their types · `phases` paths of fields that say how the object is · `own_status`: writing the status
    does not count as a new spec (`metadata.generation`)."""

    conditions: Mapping[str, Polarity] = field(default_factory=dict[str, Polarity])
    phases: tuple[str, ...] = ()
    own_status: bool = True


def learn(every: Sequence[CustomResourceDefinition], name: str) -> Learned:
    """What the definition called `name`, of these, tells."""
    conditions: dict[str, Polarity] = {}
    phases: dict[str, None] = {}
    columns = (c for one in every if one.metadata.name == name for v in one.spec.versions for c in v.additional_printer_columns)
    for title, path in ((column.name.strip(), column.json_path.strip()) for column in columns):
        if (told := _CONDITION.fullmatch(path)) is not None:
            if (says := polarity(title.title().replace(" ", ""))) is not Polarity.NONE:
                conditions[told[1]] = says
        elif title.lower() in _PHASES and (told := _FIELD.fullmatch(path)) is not None:
            phases[told[1]] = None
    return Learned(conditions, tuple(phases))
