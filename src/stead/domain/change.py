"""What somebody changed: of which object, when, by which hand, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stead.domain.subject import Key, Subject

LOOKBACK = timedelta(hours=6)
"""How long before a fault a change may have been made and still be shown with it: a setting strikes at the next restart."""
SKEW = timedelta(seconds=90)
"""A change may seem to come after the fault that it caused: times are those of different machines, in whole seconds."""
MOST_SHOWN = 3


class Done(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field: where it lies (`spec.template.spec.containers[app].image`) and its values, None where there was or is none.

    Values are redacted; of a secret or a ConfigMap's value only that it changed is known.
    """

    path: str
    old: str | None = None
    new: str | None = None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.path} added" if self.new in (None, "") else f"{self.path} added: {self.new}"
        if self.new is None:
            return f"{self.path} removed" if self.old == "" else f"{self.path} removed (was {self.old})"
        return f"{self.path} changed" if self.old == self.new else f"{self.path}: {self.old} → {self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`at` when it was made, as far as the object tells, else when it was seen · `manager` whose hand (Kubernetes' field manager) ·
    `revision` of the object afterwards, in words (`revision 12`, `generation 3`, a Git revision) · `source` what it was made from, where
    that is known (`Argo CD application payments at 4f2a9c1`)."""

    subject: Subject
    at: datetime
    done: Done = Done.CHANGED
    manager: str = ""
    revision: str = ""
    source: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def what(self) -> str:
        """The most telling fields in one line."""
        if self.done is not Done.CHANGED:
            return f"{self.subject} was {self.done}"
        told = "; ".join(str(field).removeprefix("spec.template.spec.") for field in sorted(self.fields, key=_telling)[:MOST_SHOWN])
        more = len(self.fields) - MOST_SHOWN
        return (told or f"{self.subject} was changed") + (f" and {more} more" if more > 0 else "")

    @property
    def name(self) -> str:
        """What a person calls it: `revision 12 of Deployment payments/api`, `the deletion of Node node-4`."""
        if self.done is not Done.CHANGED:
            return f"the {'creation' if self.done is Done.CREATED else 'deletion'} of {self.subject}"
        return f"{self.revision} of {self.subject}" if self.revision else f"a change of {self.subject}"


_FIRST = (".image", ".command", ".args", ".env", "data.", ".resources", "Probe", ".volumes", ".ports", ".selector")
"""What breaks things most often is told first."""


def _telling(field: FieldChange) -> tuple[int, str]:
    return (next((rank for rank, part in enumerate(_FIRST) if part in f".{field.path}"), len(_FIRST)), field.path)


def causes(changes: Iterable[Change], since: datetime) -> tuple[Change, ...]:
    """Those of these changes that could have caused a fault that began at `since`, the nearest in time first.

    Of those within one minute of each other the one that is given first comes first: it is nearer in another way.
    """
    near = [change for change in changes if since - LOOKBACK <= change.at <= since + SKEW]
    return tuple(sorted(near, key=lambda change: abs(since - change.at) // timedelta(minutes=1))[:MOST_SHOWN])


def sentence(change: Change, since: datetime | None) -> str:
    """`Began 4 min after revision 12 of Deployment payments/api (kubectl, 09:02): image 1.4 → 1.5`."""
    by = ", ".join(part for part in (change.manager, f"{change.at:%H:%M} UTC") if part)
    source = f", from {change.source}" if change.source else ""
    began = f"Began {_after(since - change.at)} {change.name}" if since is not None else change.name[:1].upper() + change.name[1:]
    return f"{began} ({by}){source}" + (f": {change.what}" if change.fields else "")


def _after(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    if seconds < 60:
        return "within a minute of"
    return f"{seconds // 60} min after" if seconds < 7200 else f"{seconds // 3600} h after"


def by_key(changes: Sequence[Change]) -> dict[Key, list[Change]]:
    """The changes by the identity of what they changed."""
    found: dict[Key, list[Change]] = {}
    for change in changes:
        found.setdefault(change.subject.key, []).append(change)
    return found
