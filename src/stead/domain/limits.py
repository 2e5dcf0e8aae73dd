"""How much Stead may do by itself in a time: caps, a cooldown that grows, a breaker. What goes beyond asks a person.

Promise: pure, and it only ever tightens; what takes a change back is never held up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.domain.action import ActionState
from stead.domain.subject import Key

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_DID_NOT_HELP = (ActionState.UNPROVEN, ActionState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Actions by itself within an hour on one `target`, in one `namespace`, in one `estate`; the `share` of a workload's pods that may be
    taken away within one. `cooldown` lies after an action on a target, doubles with each further one of the day, up to `cooldown_most`.
    After `breaker` actions of one verb on one target in a row that did not help, a person has to look. What cannot be taken back wants a
    backup of the volumes that it touches that is no older than `backup_age`: by default a day, with room for a night that took longer."""

    target: int = 3
    namespace: int = 6
    estate: int = 12
    share: float = 0.5
    cooldown: timedelta = timedelta(minutes=10)
    cooldown_most: timedelta = timedelta(hours=6)
    breaker: int = 2
    backup_age: timedelta = timedelta(hours=26)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An action that was begun. `part_of` names the workload whose pod it was about, "" for anything else."""

    verb: str
    target: Key
    estate: str
    namespace: str
    state: ActionState
    at: datetime
    part_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The action that is to be begun. `whole` is how many pods its workload wants, 0 where it is about no pod."""

    verb: str
    target: Key
    estate: str
    namespace: str
    part_of: str = ""
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """`rule` as decisions name it, and why."""

    rule: str
    why: str


def held(wanted: Wanted, past: Sequence[Past], limits: Limits, now: datetime) -> tuple[Held, ...]:
    """Every limit that this action would break, sorted by name. `past` holds at least the last day, of any estate, in any order."""
    return tuple(sorted(_held(wanted, past, limits, now), key=lambda one: one.rule))


def _held(wanted: Wanted, past: Sequence[Past], limits: Limits, now: datetime) -> Iterator[Held]:
    hour = [one for one in past if now - one.at < HOUR and one.estate == wanted.estate]
    of_target = sorted((one for one in past if one.target == wanted.target and now - one.at < DAY), key=_order)
    if sum(one.target == wanted.target for one in hour) >= limits.target:
        yield Held("cap-per-target", f"{limits.target} actions on this object within the last hour")
    if wanted.namespace and sum(one.namespace == wanted.namespace for one in hour) >= limits.namespace:
        yield Held("cap-per-namespace", f"{limits.namespace} actions in namespace {wanted.namespace} within the last hour")
    if len(hour) >= limits.estate:
        yield Held("cap-per-hour", f"{limits.estate} actions within the last hour")
    taken = sum(one.part_of == wanted.part_of for one in hour) if wanted.part_of else 0
    if wanted.whole and taken + 1 > max(1, int(wanted.whole * limits.share)):
        yield Held("cap-per-workload", f"{taken} of the {wanted.whole} pods of {wanted.part_of} were taken away within the last hour")
    if of_target and now < of_target[-1].at + _cooldown(len(of_target), limits):
        yield Held("cooldown", f"the last action on this object was {_minutes(now - of_target[-1].at)} ago")
    same = [one for one in of_target if one.verb == wanted.verb]
    if len(same) >= limits.breaker and all(one.state in _DID_NOT_HELP for one in same[-limits.breaker :]):
        yield Held("breaker", f"{wanted.verb} did not help this object {limits.breaker} times in a row")


def _cooldown(times: int, limits: Limits) -> timedelta:
    wait = limits.cooldown
    for _ in range(min(times, 40) - 1):
        if wait >= limits.cooldown_most:
            break
        wait *= 2
    return min(wait, limits.cooldown_most)


def _minutes(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def _order(one: Past) -> tuple[datetime, str, str]:
    return (one.at, one.verb, one.state.value)
