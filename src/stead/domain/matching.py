"""One way to name things in configuration and on the command line: shell-style patterns for policy, Alertmanager's matchers for mutes.

Matchers follow https://prometheus.io/docs/alerting/latest/configuration/#matcher: `name="value"`, `!=`, `=~`, `!~`, joined by commas,
in braces or not. A label that is not there counts as "", and a regular expression has to match the whole value.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Patterns:
    """Shell-style patterns, any of which may match (`payments`, `team-*`). An empty list matches nothing."""

    any_of: tuple[str, ...]

    @classmethod
    def of(cls, given: str | Sequence[str]) -> Patterns:
        return cls((given,) if isinstance(given, str) else tuple(given))

    def match(self, value: str) -> bool:
        return any(fnmatchcase(value, pattern) for pattern in self.any_of)


def labels_match(wanted: Mapping[str, Patterns], labels: Mapping[str, str]) -> bool:
    """Whether every wanted label is there with a value that matches."""
    return all(name in labels and patterns.match(labels[name]) for name, patterns in wanted.items())


class Op(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label."""

    name: str
    op: Op
    value: str

    def match(self, labels: Mapping[str, str]) -> bool:
        have = labels.get(self.name, "")
        if self.op in (Op.EQUAL, Op.NOT_EQUAL):
            return (have == self.value) is (self.op is Op.EQUAL)
        # `re` keeps the patterns that it has compiled.
        found = re.fullmatch(self.value, have[:LONGEST_VALUE]) is not None
        return found is (self.op is Op.REGEX)

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op}"{escaped}"'


@dataclass(frozen=True, slots=True)
class Matchers:
    """Conditions that must all hold."""

    all_of: tuple[Matcher, ...]

    def match(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.match(labels) for matcher in self.all_of)

    def __str__(self) -> str:
        return ", ".join(map(str, self.all_of))


LONGEST_VALUE = 1000
"""Letters of a label's value that a regular expression is shown, and of the expression itself."""

MOST_REPEATS = 4
"""`*`, `+` and `{n,}` in one expression. Each one more multiplies the time that Python's `re` may take on a value it does not match."""

_NAME = re.compile(r'[^\s"{}=!~,\\]+')
_BARE = re.compile(r'[^\s"{},\\]+')
_OPS = re.compile(r"=~|!~|!=|=")
_UNESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


def parse_matchers(given: str | Iterable[str]) -> Matchers:
    """`namespace="dev", kind=~"Pod|Job"`, or several such texts, as conditions that must all hold.

    ValueError, as the end of a sentence that begins with the text, for anything else, and for conditions that hold for everything.
    """
    texts = [given] if isinstance(given, str) else list(given)
    found = tuple(matcher for text in texts for matcher in _Reader(text).read())
    if all(matcher.op is Op.REGEX and _matches_anything(matcher) for matcher in found):
        raise ValueError('would match everything; name at least one label and its value, like namespace="dev"')
    return Matchers(found)


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.at = 0
        if self.text.startswith("{") and self.text.endswith("}"):
            self.text = self.text[1:-1]

    def read(self) -> Iterator[Matcher]:
        while self._skip() < len(self.text):
            name = self._quoted() if self._next() == '"' else self._take(_NAME, "has no label's name where one should be")
            self._skip()
            op = Op(self._take(_OPS, f"has no =, !=, =~ or !~ after `{name[:60]}`"))
            self._skip()
            value = self._quoted() if self._next() == '"' else self._take(_BARE, f"has no value after `{name[:60]}{op}`")
            yield _checked(Matcher(name, op, value))
            if self._skip() < len(self.text):
                self._take(re.compile(","), "has two matchers without a comma between them")

    def _skip(self) -> int:
        while self._next().isspace():
            self.at += 1
        return self.at

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, what: re.Pattern[str], missing: str) -> str:
        found = what.match(self.text, self.at)
        if found is None:
            raise ValueError(f'{missing}; write name="value", name!="value", name=~"pattern" or name!~"pattern"')
        self.at = found.end()
        return found.group()

    def _quoted(self) -> str:
        letters: list[str] = []
        self.at += 1
        while (letter := self._next()) != '"':
            self.at += 1
            if letter == "\\":
                letter = _UNESCAPED.get(self._next(), "\\" + self._next())
                self.at += 1
            if not letter or self.at > len(self.text):
                raise ValueError("has a quotation mark that is never closed")
            letters.append(letter)
        self.at += 1
        return "".join(letters)


def _matches_anything(matcher: Matcher) -> bool:
    return all(matcher.match({matcher.name: value}) for value in ("", "any thing.at-all/1"))


def _checked(matcher: Matcher) -> Matcher:
    if matcher.op in (Op.EQUAL, Op.NOT_EQUAL):
        return matcher
    shown = f"`{matcher.value[:60]}`"
    if len(matcher.value) > LONGEST_VALUE:
        raise ValueError(f"has a regular expression of more than {LONGEST_VALUE} letters")
    try:
        with warnings.catch_warnings():
            # What Python may read otherwise one day (`[[`) is no expression to keep.
            warnings.simplefilter("error", FutureWarning)
            re.compile(matcher.value)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise ValueError(f"has {shown}, which is no regular expression: {error}") from error
    if _may_run_away(matcher.value):
        raise ValueError(f"has {shown}, which could take for ever; repeat no group, and use at most {MOST_REPEATS} of * + {{n,}}")
    return matcher


def _may_run_away(pattern: str) -> bool:
    """Whether the pattern repeats a group, refers back, or repeats more often than is cheap: what makes `re` take exponential time."""
    plain = re.sub(r"\\[^0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    repeats = len(re.findall(r"[*+]|\{\d*,\d*\}|\{\d{3,}\}", plain))
    return repeats > MOST_REPEATS or re.search(r"\)(?:[*+]|\{)|\\\d|\(\?P=", plain) is not None
