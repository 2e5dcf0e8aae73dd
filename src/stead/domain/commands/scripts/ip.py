"""ip(8) of iproute2: an object and an action, each of which may be cut short (`ip a f` flushes)."""

from __future__ import annotations

from collections.abc import Sequence

from stead.domain.commands.classes import Class, names
from stead.domain.commands.scripts.judged import Judged

_ALONE = frozenset("-4 -6 -0 -s -d -br -brief -j -json -p -pretty -o -oneline -c -h -human -stats -details -color=never -t -r".split())  # noqa: SIM905
_OBJECTS = ("address", "link", "route", "neighbor", "neighbour", "rule", "netns", "maddress", "mroute", "tunnel", "xfrm", "nexthop")
_READS = names("show list ls lst sh get list-id identify pids")
_WRITES = ("add", "del", "delete", "flush", "change", "chg", "replace", "append", "prepend", "set", "save", "restore", "attach", "update")


def ip(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    waiting = list(words)
    while waiting and waiting[0].startswith("-"):
        if (option := waiting.pop(0)) not in _ALONE:
            judged.say(Class.UNKNOWN, f"`{rule}` has no known flag `{option[:40]}`")
    if not waiting or not any(name.startswith(waiting[0]) for name in _OBJECTS) or waiting[0] == "x":
        judged.say(Class.UNKNOWN, f"`{rule} {' '.join(waiting[:1])[:40]}` is not a known object")
        return judged
    if odd := next((word for word in waiting if word.startswith("-")), ""):
        judged.say(Class.UNKNOWN, f"`{rule}` knows no flag `{odd[:40]}` after its object")
    action = waiting[1] if len(waiting) > 1 else "show"
    if waiting[0].startswith("netn") and action == "exec":
        judged.runs.append(waiting[3:])
    elif action not in _READS:
        write = any(name.startswith(action) for name in _WRITES)
        judged.say(Class.WRITE if write else Class.UNKNOWN, f"`{rule} {waiting[0]} {action[:40]}` is {'write' if write else 'unknown'}")
    return judged
