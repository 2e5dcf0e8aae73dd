"""find expressions (GNU findutils manual, "Actions"): tests and printing read; `-delete` and `-fprint` write; `-exec` runs a command."""

from __future__ import annotations

from collections.abc import Sequence

from stead.domain.commands.classes import Class, names
from stead.domain.commands.scripts.judged import Judged

_ALONE = names(
    "-print -print0 -ls -prune -quit -true -false -empty -executable -readable -writable -nouser -nogroup -not -a -and -o -or ( ) "
    "! , -depth -d -xdev -mount -noleaf -daystart -follow -H -L -P -ignore_readdir_race -warn -nowarn"
)
_VALUE = names(
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname -type -xtype -size -perm -user -group -uid "
    "-gid -links -inum -samefile -fstype -context -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -newermt -newerct "
    "-newerat -used -maxdepth -mindepth -printf -regextype"
)
_WRITE = {"-delete": 0, "-fprint": 1, "-fprint0": 1, "-fls": 1, "-fprintf": 2}
_EXEC = frozenset(("-exec", "-execdir", "-ok", "-okdir"))


def find(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word in _WRITE:
            judged.say(Class.WRITE, f"`{rule} {word}` is write")
            del waiting[: _WRITE[word]]
        elif word in _EXEC:
            judged.runs.append(_inner(waiting))
        elif word in _VALUE:
            if not waiting:
                judged.say(Class.UNKNOWN, f"`{word}` lacks its value")
            del waiting[:1]
        elif word.startswith(("-", "(", ")", "!", ",")) and word not in _ALONE:
            judged.say(Class.UNKNOWN, f"`{rule}` has no known test `{word[:40]}`")
    return judged


def _inner(waiting: list[str]) -> list[str]:
    """The words of the command, up to `;` or `+`; taken from those that wait."""
    inner: list[str] = []
    while waiting:
        word = waiting.pop(0)
        if word == ";" or (word == "+" and inner[-1:] == ["{}"]):
            break
        inner.append(word)
    return inner
