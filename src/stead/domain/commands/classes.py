"""What a command may do: read, write, show secrets, or nobody can tell. Of several, the strictest holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Class(StrEnum):
    """`read` changes nothing and shows no secret · `unknown` cannot be told · `secret` shows secret values · `write` changes something."""

    READ = "read"
    UNKNOWN = "unknown"
    SECRET = "secret"
    WRITE = "write"

    @property
    def strictness(self) -> int:
        return tuple(Class).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a command has a class: a rule's stable name (`unknown-flag`, `kubectl get`), and a clause for people."""

    class_: Class
    rule: str
    why: str


def names(written: str) -> frozenset[str]:
    """Words that a list holds, as a person writes them: parted by blanks."""
    return frozenset(written.split())


def unknown(rule: str, why: str) -> Reason:
    return Reason(Class.UNKNOWN, rule, why)


def strictest(classes: Iterable[Class]) -> Class:
    """`unknown` of none: what gave no reason to be taken for a read is none."""
    return max(classes, key=lambda one: one.strictness, default=Class.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One command of a line. `argv` its words, where none of them waits for a shell to expand it.

    `needs` is what it asks beyond the files of the machine it runs on: `cluster`, `network`, `processes` …
    """

    text: str
    reasons: tuple[Reason, ...]
    argv: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def class_(self) -> Class:
        return strictest(reason.class_ for reason in self.reasons)

    @property
    def because(self) -> Reason:
        """The first of the strictest reasons."""
        return max(self.reasons, key=lambda reason: reason.class_.strictness)


@dataclass(frozen=True, slots=True)
class Step:
    """A pipeline of commands that run one into the other, or a group of steps. Neither: nothing that can run without a shell.

    `joined` says when it runs: `;` always, `&&` after success, `||` after failure of what came before.
    """

    joined: str
    commands: tuple[tuple[str, ...], ...] = ()
    group: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A line, judged. `reasons` concern the whole line (a redirection, a loop); `steps` is what would run, () where that is not plain."""

    line: str
    parts: tuple[Part, ...]
    reasons: tuple[Reason, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def class_(self) -> Class:
        return strictest([*(part.class_ for part in self.parts), *(reason.class_ for reason in self.reasons)])

    @property
    def because(self) -> Reason:
        """What decided: the first of the strictest reasons, of a part or of the whole line."""
        reasons = [*(part.because for part in self.parts), *self.reasons]
        return max(reasons, key=lambda reason: reason.class_.strictness, default=unknown("empty", "there is no command in it"))
