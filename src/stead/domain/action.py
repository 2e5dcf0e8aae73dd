"""A typed change: what is asked for, on which object exactly, and how far it reaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stead.domain.subject import Subject
from stead.domain.woke import Woke


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Fence(StrEnum):
    """What keeps a change from being made twice when nobody knows whether it was made.

    PRECONDITION: the write carries what must still hold, and marks what it changed. KEY: the action's id names what is made, which can be
    there only once, or what is asked for is a state in which a second try changes nothing. ONCE: it is sent once; whoever comes after a
    crash only looks, and says *unknown* where nothing can be seen.
    """

    PRECONDITION = "precondition"
    KEY = "key"
    ONCE = "once"


RESTLESS = ("Pod", "Application")
"""Kinds whose generation is not held against anything: a Pod's spec is its template's and does not roll back, and Argo CD's Application has
no status of its own (its CRD declares no subresource), so every look of its controller makes a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """What must still hold when the action is applied: this very object, and its spec as it was when the action was decided.

    `generation` 0 means that the kind has none, or one that tells nothing (RESTLESS).
    """

    uid: str
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """What a playbook or an agent proposes: a verb of the catalogue, its target and parameters, and why.

    `parameters` are JSON values · `proposer` names the playbook or agent · `guess` marks a remedy that is tried rather than known
    to fit · `tainted` says that words somebody else wrote led to it · `check` and `fingerprint` name the finding that must fall quiet ·
    `undo` the line a person pastes to take it back, "" where nothing can · `command` the line that does the same by hand ·
    `by_model` says that a model proposes it, and `doubt` why a person should look first, "" where nothing speaks for that ·
    `part_of` names the workload of a pod · `trigger` is what woke whoever proposes it.
    """

    verb: str
    subject: Subject
    precondition: Precondition
    check: str
    fingerprint: str
    reason: str
    proposer: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    guess: bool = False
    tainted: bool = False
    command: str = ""
    undo: str = ""
    by_model: bool = False
    doubt: str = ""
    part_of: str = ""
    trigger: Woke = Woke.CHECK

    @property
    def digest(self) -> str:
        """sha256 of what an approval binds: verb, target with uid, parameters, generation and reason."""
        bound = (self.verb, *self.subject.key, self.precondition.uid, self.precondition.generation, dict(self.parameters), self.reason)
        return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


class ActionState(StrEnum):
    """DENIED, VOID, REFUSED and UNKNOWN are ends too: each action has a named one.

    UNKNOWN: it was sent and nobody can say whether it landed. UNPROVEN: it was done and the proof did not come.
    """

    PROPOSED = "proposed"
    AWAITING = "awaiting_approval"
    ALLOWED = "allowed"
    INTENDED = "intended"
    APPLIED = "applied"
    PROVEN = "proven"
    UNPROVEN = "unproven"
    DENIED = "denied"
    VOID = "void"
    REFUSED = "refused"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        return self in _ENDED


_ENDED = frozenset(
    {
        ActionState.PROVEN,
        ActionState.UNPROVEN,
        ActionState.DENIED,
        ActionState.VOID,
        ActionState.REFUSED,
        ActionState.UNKNOWN,
    }
)


UNDO = ".undo"
"""The segment of an action that takes another one back: `41.1.1.1.undo.1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An ActionRequest with a life: `id` is `{incident}.{episode}.{segment}.{n}`, the idempotency key of what it does."""

    id: str
    incident: int
    request: ActionRequest
    state: ActionState = ActionState.PROPOSED
    note: str = ""

    @property
    def undoes(self) -> bool:
        """Whether it takes another action back."""
        return UNDO in self.id
