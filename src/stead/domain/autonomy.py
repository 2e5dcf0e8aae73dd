"""How far models may go, class by class: a class of action is a verb of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from stead.domain.policy import Autonomy

_ORDER = list(Autonomy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """`written` are levels by verb, or a pattern of verbs (`argo_*`); `earned` the verbs for which models have passed their practice.

    Promise: where several levels fit, or none does, the strictest counts; and what is not earned goes no further than asking.
    """

    written: Mapping[str, Autonomy] = field(default_factory=lambda: {"*": Autonomy.ASK})
    earned: frozenset[str] = frozenset()

    def wanted(self, verb: str) -> Autonomy:
        """What the configuration says of this verb."""
        fit = [level for pattern, level in self.written.items() if fnmatchcase(verb, pattern)]
        return min(fit or self.written.values(), key=_ORDER.index, default=Autonomy.OBSERVE)

    def of(self, verb: str) -> Autonomy:
        """How far a model's proposal of this verb goes."""
        wanted = self.wanted(verb)
        return wanted if verb in self.earned else min(wanted, Autonomy.ASK, key=_ORDER.index)
