"""sed scripts, of GNU sed's manual ("sed scripts"): only what prints, deletes, counts, quits and substitutes is known to read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class
from stead.domain.commands.places import is_secret
from stead.domain.commands.scripts.judged import Judged

_REGEX = r"/(?:[^/\\\n\[]|\\[^\n]|\[\]?[^\]/\\\n]*\])*/[IM]*"
"""No slash and no backslash between brackets: versions of sed do not agree on whether the slash ends it."""
_ADDRESS = rf"(?:\d+(?:~\d+)?|\$|{_REGEX})"
_COMMAND = re.compile(rf"[\s;]*(?:{_ADDRESS}(?:,[+~]?{_ADDRESS})?)?\s*!?\s*(?P<letter>[a-zA-Z={{}}])", re.DOTALL)
_HARMLESS = frozenset("pPdDqQ=nNlhHgGxz{}")
_PATTERN = r"(?:\\.|\[\^?\]?(?:(?!(?P=d))[^\]\\\n])*\]|(?!(?P=d))[^\\\n\[])*"
_REPLACEMENT = r"(?:\\.|(?!(?P=d))[^\\\n])*"
_SUBSTITUTE = re.compile(rf"(?P<d>[^\s\\\w\[]){_PATTERN}(?P=d){_REPLACEMENT}(?P=d)(?P<flags>[gpiIMm0-9]*)(?P<more>[we]?)", re.DOTALL)
_TRANSLATE = re.compile(rf"(?P<d>[^\s\\\w\[]){_REPLACEMENT}(?P=d){_REPLACEMENT}(?P=d)", re.DOTALL)


def sed(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    if not words:
        judged.say(Class.UNKNOWN, "a sed script is missing")
    for script in words:
        _script(script, judged)
    return judged


def _script(script: str, judged: Judged) -> None:
    at = 0
    while script[at:].strip(" \t\n;}"):
        found = _COMMAND.match(script, at)
        if found is None:
            judged.say(Class.UNKNOWN, f"the sed script `{script[at : at + 40]}` is not known to read only")
            return
        letter, at = found["letter"], found.end()
        if letter in _HARMLESS:
            at += len(re.match(r"[ \t]*\d*", script[at:]).group()) if letter in "qQl" else 0  # pyright: ignore[reportOptionalMemberAccess]
        elif letter in "sy":
            whole = (_SUBSTITUTE if letter == "s" else _TRANSLATE).match(script, at)
            if whole is None:
                judged.say(Class.UNKNOWN, f"the sed script `{script[:40]}` is not understood")
                return
            if letter == "s" and whole["more"]:
                judged.say(Class.WRITE, "its sed script writes a file or runs a program (`s///w`, `s///e`)")
                return
            at = whole.end()
        else:
            _other(letter, script[at:], judged)
            return
        if script[at:].strip() and script[at : at + 1] not in "; \t\n}" and letter != "{":
            judged.say(Class.UNKNOWN, f"the sed script `{script[:40]}` is not understood")
            return


def _other(letter: str, rest: str, judged: Judged) -> None:
    if letter in "wWe":
        judged.say(Class.WRITE, f"its sed script writes a file or runs a program (`{letter}`)")
    elif letter in "rR" and is_secret(rest.strip()):
        judged.say(Class.SECRET, f"its sed script reads `{rest.strip()[:40]}`, where secrets are kept")
    else:
        judged.say(Class.UNKNOWN, f"the sed command `{letter}` is not known to read only")
