"""What the definition of a kind tells of its fields: `kubectl get` prints those that a person looks at first, under telling names, and the
schema says in words what its conditions mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stead.checks.custom.described import told
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
    versions = [version for one in every if one.metadata.name == name for version in one.spec.versions]
    for version in versions:
        conditions |= told(version.schema.conditions)
    columns = (column for version in versions for column in version.additional_printer_columns)
    for title, path in ((column.name.strip(), column.json_path.strip()) for column in columns):
        if (printed := _CONDITION.fullmatch(path)) is not None:
            if (says := polarity(title.title().replace(" ", ""))) is not Polarity.NONE:
                conditions[printed[1]] = says
        elif title.lower() in _PHASES and (printed := _FIELD.fullmatch(path)) is not None:
            phases[printed[1]] = None
    own_status = all(version.subresources is not None and version.subresources.status is not None for version in versions)
    return Learned(conditions, tuple(phases), own_status)
