"""The rules: what the fields of a known kind mean, declared as data, one file a family of kinds (`rules/GROUP.yaml`).

A file is found by the API group, or by the part of it after a dot (`toolkit.fluxcd.io` for all of Flux), and read when the first object
of such a group is looked at. A kind without a rule is judged by the conventions alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import field

from stead.domain.finding import Severity

WAIT = timedelta(minutes=15)
"""How long a controller may take to make an object ready, where no rule knows better: pulling an image, getting a certificate."""

_FOLDER = Path(__file__).parent / "rules"
_SPAN = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of a rule. A key that nobody knows is an error, not a rule that silently does nothing."""


class Test(Data, frozen=True):
    """When all of `when` holds, the object is `health`. The first test that holds decides."""

    reason: str
    when: dict[str, Any]
    health: Literal["degraded", "progressing", "suspended", "healthy"] = "degraded"
    says: str = ""
    wait: str = ""
    since: str | tuple[str, ...] = ""
    message: str = ""
    severity: Severity = Severity.WARNING


class Ref(Data, frozen=True):
    """Names another object that this one cannot do without. `at` is an object, a list of such, or a bare name."""

    at: str
    kind: str = ""
    group: str = ""
    name: str = "name"
    namespace: str = "namespace"
    cluster: tuple[str, ...] = ()
    when: dict[str, Any] = field(default_factory=dict[str, Any])


class Nested(Data, frozen=True):
    """Conditions of parts (`at` is the list of parts, or a map of them by name): listeners, parents, disks. `name` is the field that a part
    is known by; `minor` are good ones whose loss is a warning."""

    at: str
    name: str = "name"
    good: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()


class Phase(Data, frozen=True):
    """A field whose words are known exactly. `other` is what any other word means."""

    at: str
    good: tuple[str, ...] = ()
    progressing: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    wait: str = ""
    since: str = ""
    message: str = ""
    severity: Severity = Severity.WARNING


class Run(Data, frozen=True):
    """Something that runs once. A failed one is history when a later one of its series has ended. `series` are paths that name it."""

    series: tuple[str, ...] = ()


class Rule(Data, frozen=True):
    """What the fields of one kind mean. `good` and `bad` condition types come in addition to those that conventions know.

    `minor`: good ones whose loss is a warning, however severe the kind · `expects`: its controller always writes a status · `waits`,
    `quiet`, `failed`: reasons that do not say it by themselves · `folds`: a part of its owner, by whose name it is known · `record`: not
    judged · `wait`: how long it may take.
    """

    plural: str = ""
    note: str = ""
    record: bool = False
    conventions: bool = True
    good: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    expects: bool = False
    wait: str = ""
    severity: Severity = Severity.WARNING
    waits: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    suspended: tuple[dict[str, Any], ...] = ()
    tests: tuple[Test, ...] = ()
    phases: tuple[Phase, ...] = ()
    nested: tuple[Nested, ...] = ()
    refs: tuple[Ref, ...] = ()
    folds: bool = False
    run: Run | None = None
    delete_within: str = ""

    @property
    def patience(self) -> timedelta:
        return span(self.wait) or WAIT


class Family(Data, frozen=True):
    """One file. `docs` is where the meaning of the fields is written; `groups` tells the kinds of each API group."""

    title: str
    docs: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    kinds: dict[str, Rule]

    def rule(self, group: str, kind: str) -> Rule:
        """The rule of one of its kinds; UNKNOWN for another. Two kinds of one name are told apart by `GROUP/KIND`."""
        if kind not in self.groups.get(group, ()):
            return UNKNOWN
        return self.kinds.get(f"{group}/{kind}") or self.kinds.get(kind, UNKNOWN)


UNKNOWN = Rule()


def rule_of(group: str, kind: str) -> Rule:
    """The rule of a kind; UNKNOWN where there is none."""
    family = family_of(group)
    return UNKNOWN if family is None else family.rule(group, kind)


@cache
def family_of(group: str) -> Family | None:
    """The family of an API group; None where there is none."""
    parts = group.split(".")
    for start in range(len(parts) - 1):
        name = ".".join(parts[start:])
        if re.fullmatch(r"[a-z0-9.-]+", name) and (file := _FOLDER / f"{name}.yaml").is_file():
            return read(file.read_bytes(), f"{name}.yaml")
    return None


def families() -> Iterator[Family]:
    """Every family, by its file's name."""
    for file in sorted(_FOLDER.iterdir()):
        if file.name.endswith(".yaml"):
            yield read(file.read_bytes(), file.name)


def read(raw: bytes, name: str) -> Family:
    """The family that a file declares. msgspec.ValidationError naming the place for what is no rule; UserError for what is no YAML."""
    from stead.estate.kubernetes.yaml_events import documents

    return msgspec.convert(next(iter(documents(raw, name, lambda _name, _part: None)), None), Family)


def wrong_spans(family: Family) -> list[str]:
    """What stands where a time should, and is none."""
    spans = [rule.wait for rule in family.kinds.values()] + [rule.delete_within for rule in family.kinds.values()]
    spans += [part.wait for rule in family.kinds.values() for part in (*rule.tests, *rule.phases)]
    return [text for text in spans if text and span(text) is None]


def span(text: str) -> timedelta | None:
    """`90s`, `15m`, `2h`, `3d`; None for ""."""
    found = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
