"""awk programs (POSIX awk; gawk's manual, "I/O And"): no program, no file, no environment; comparisons and printing read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class
from stead.domain.commands.scripts.judged import Judged

_DOORS = re.compile(r"system|getline|@|\|&|/inet|/dev/|close|fflush|PROCINFO|SYMTAB|FUNCTAB|ARGV|ENVIRON|\\\n")
"""Whatever runs, opens or reaches beyond the input; looked for in the raw text, strings and comments too."""
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+)|(?P<end>[;{}\n])|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d*)?|\.\d+)"""
    r"""|(?P<or>\|\|)|(?P<append>>>)|(?P<ge>>=)|(?P<pipe>\|)|(?P<more>>)|(?P<step>\+\+|--)|(?P<slash>/)|(?P<other>&&|[!=<]=|!~|[^\s\w"])"""
)
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[\^?\]?[^\]/\\\n]*\])*/")
_BEFORE_REGEX = frozenset(("", ";", "{", "}", "\n", "(", ",", "&&", "||", "!", "~", "!~"))


def awk(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    for program in words:
        _program(program, judged)
    if not words:
        judged.say(Class.UNKNOWN, "an awk program is missing")
    return judged


def _program(program: str, judged: Judged) -> None:
    if (door := _DOORS.search(program)) is not None:
        class_ = Class.SECRET if door.group() in ("ENVIRON", "PROCINFO", "SYMTAB") else Class.UNKNOWN
        judged.say(class_, f"its awk program uses `{door.group().strip()}`")
        return
    if re.search(r"#", re.sub(r'"(?:[^"\\\n]|\\.)*"|/[^/\n]*/', "", program)):
        judged.say(Class.UNKNOWN, "its awk program holds a comment")
        return
    at, before, printing, depth = 0, "", False, 0
    while at < len(program):
        if program[at] == "/" and before in _BEFORE_REGEX and (regex := _REGEX.match(program, at)):
            at, before = regex.end(), "/regex/"
            continue
        token = _TOKEN.match(program, at)
        if token is None or (token.lastgroup == "slash" and before in ("++", "--", *_BEFORE_REGEX)):
            judged.say(Class.UNKNOWN, "its awk program is not understood")
            return
        at, text, kind = token.end(), token.group(), token.lastgroup
        if kind == "blank":
            continue
        depth += (text == "(") - (text == ")")
        if kind == "pipe":
            judged.say(Class.UNKNOWN, "its awk program runs a program (`|`)")
            return
        if kind == "append" or (kind == "more" and printing and depth == 0):
            judged.say(Class.WRITE, "its awk program writes a file (`>`)")
            return
        printing = text in ("print", "printf") or (printing and kind != "end")
        depth = 0 if kind == "end" and text != ";" else depth
        before = text
