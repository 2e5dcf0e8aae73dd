"""Who may say yes to a question, and how many have to: rules beside those that decide whether it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from stead.domain.people import Person, Principal, Role
from stead.domain.policy import ActionFacts, Condition

ROLE = "role:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvers:
    """For what `when` covers a yes is for those whom `who` names: `person:anna`, `token:ops`, a pattern of such, or `role:admin` for that
    role and those above it; () for everybody who may decide. `people` have to say it, or as many of `people:` as there are for it."""

    id: str
    when: Condition = field(default_factory=Condition)
    who: tuple[str, ...] = ()
    people: int = 1

    def admits(self, by: Principal) -> bool:
        return not self.who or any(self._is(by, name) for name in self.who)

    def _is(self, by: Principal, name: str) -> bool:
        if name.startswith(ROLE):
            return by.may(Role(name.removeprefix(ROLE)))
        return fnmatchcase(str(by), name)


def covering(every: Iterable[Approvers], facts: ActionFacts) -> tuple[Approvers, ...]:
    """Those that are about this action. All of them hold."""
    return tuple(one for one in every if one.when.covers(facts))


def wanted(found: Sequence[Approvers], people: Iterable[Person]) -> int:
    """How many have to say yes: never more than there are, but always one."""
    most = max((one.people for one in found), default=1)
    able = [p for p in people if p.principal.may(Role.APPROVER) and all(one.admits(p.principal) for one in found)]
    return max(1, min(most, len(able)))


def kept_out(found: Sequence[Approvers], by: Principal) -> str:
    """Why this yes does not count, as a clause; "" when it does."""
    first = next((one for one in found if not one.admits(by)), None)
    return "" if first is None else f"a yes to it is for {' or '.join(first.who)} ({first.id})"


def told(found: Sequence[Approvers]) -> list[str]:
    """For whoever is asked."""
    return [f"A yes is for {' or '.join(one.who)} ({one.id})." for one in found if one.who]
