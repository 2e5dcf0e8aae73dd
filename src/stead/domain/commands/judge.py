"""Judges a line of shell by what is known of its tools: each command in it, whatever wraps it, and what joins them. Never raises.

Nothing is allowed because it looks harmless: a command reads when its tool, its verb, each of its flags and its operands are known to.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stead.domain.commands.classes import Class, Part, Reason, Verdict, unknown
from stead.domain.commands.flags import Parsed, ruled, take_apart
from stead.domain.commands.places import holds_secrets, is_secret
from stead.domain.commands.scripts import JUDGES
from stead.domain.commands.shell import Command, Word, parse
from stead.domain.commands.table import Flag, Spec, When

PROGRAM_FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/run/current-system/sw/bin")
"""A program of a known name elsewhere may be anything."""
MOST_WRAPPED = 8


def judge(line: str, tools: Mapping[str, Spec]) -> Verdict:
    """`tools` name → what is known of it."""
    script = parse(line)
    parts = tuple(_part(command, tools) for command in script.commands)
    if any(reason.rule == "syntax" for reason in script.reasons):
        parts += tuple(_broken(line, tools))
    steps = script.steps if parts and all(part.class_ is Class.READ for part in parts) else ()
    return Verdict(line=line, parts=parts, reasons=script.reasons, steps=steps)


def _broken(line: str, tools: Mapping[str, Spec]) -> Iterator[Part]:
    """Of a line that is no line, the pieces that would be worse than unknown if they ran."""
    for piece in re.split(r"[;|&(){}`\n]+", line):
        found = (_part(command, tools) for command in parse(piece).commands)
        yield from (part for part in found if part.class_ in (Class.SECRET, Class.WRITE))


def _holds(when: When, parsed: Parsed) -> bool:
    given = [value for name, value in parsed.flags if name in when.flags]
    if when.flags and not given:
        return False
    if when.value is not None and not any(value is not None and when.value.fullmatch(value.text) for value in given):
        return False
    return when.operands is None or when.operands.fullmatch("\0".join(word.text for word in parsed.operands)) is not None


def _part(command: Command, tools: Mapping[str, Spec]) -> Part:
    judging = _Judging(tools)
    judging.command(command)
    plain = not command.prefixed and not command.odd and all(word.plain for word in command.words)
    return Part(
        text=command.text,
        reasons=tuple(judging.reasons) or (Reason(Class.READ, judging.known, f"`{judging.known}` reads"),),
        argv=tuple(word.text for word in command.words) if plain else (),
        needs=tuple(sorted(judging.needs)),
    )


@dataclass
class _Judging:
    """`known` is the tool, with its verb, that was recognised last: the innermost."""

    tools: Mapping[str, Spec]
    reasons: list[Reason] = field(default_factory=list[Reason])
    needs: set[str] = field(default_factory=set[str])
    known: str = ""
    depth: int = 0

    def command(self, command: Command) -> None:
        if command.prefixed:
            self._say(unknown("environment-prefix", "an assignment before a command changes what it does"))
        if command.odd:
            self._say(unknown("syntax", "it can be read in two ways"))
        if not command.words:
            self._say(unknown("assignment", "it runs nothing"))
            return
        if not all(word.plain for word in command.words):
            odd = next(word.text for word in command.words if not word.plain)
            self._say(unknown("expansion", f"`{odd[:40]}` is what a shell would make of it, and here is none"))
        self.words(list(command.words))

    def line(self, line: str) -> None:
        """A line inside a command: what a wrapped shell or another machine would run."""
        script = parse(line)
        for reason in script.reasons:
            self._say(reason)
        if not script.commands:
            self._say(unknown("empty", "it wraps nothing"))
        for command in script.commands:
            self.command(command)

    def words(self, words: list[Word]) -> None:
        self.depth += 1
        if self.depth > MOST_WRAPPED:
            self._say(unknown("too-deep", f"more than {MOST_WRAPPED} commands wrap each other"))
            return
        name, spec = words[0].text, self._spec(words[0])
        if spec is None:
            self._say(unknown("unknown-tool", f"`{name[:60]}` is not a known tool"))
            return
        if [word.text for word in words[1:]] == ["--version"] and spec.flags.get("--version") == Flag():
            self.known = name
            return
        parsed = take_apart(spec, words[1:])
        for reason in parsed.reasons:
            self._say(reason)
        self.known = parsed.spec.name
        if parsed.spec.needs:
            self.needs.add(parsed.spec.needs)
        self._spec_says(parsed)
        self._texts(parsed)
        self._paths(parsed)
        self._wrapped(parsed)

    def _spec(self, word: Word) -> Spec | None:
        folder, name = posixpath.split(word.text)
        if not word.plain or (folder and folder not in PROGRAM_FOLDERS):
            return None
        return self.tools.get(name)

    def _spec_says(self, parsed: Parsed) -> None:
        """What the tool or verb is; what it lacks; what its operands make of it."""
        spec = parsed.spec
        if spec.verbs and not any(reason.rule == "unknown-verb" for reason in parsed.reasons):
            self._of(spec.bare, spec.name, f"`{spec.name}` alone")
        self._of(spec.class_, spec.name, f"`{spec.name}`")
        if spec.requires and not parsed.has(spec.requires):
            self._of(spec.otherwise, spec.name, f"`{spec.name}` without {' or '.join(sorted(spec.requires))}")
        if spec.operands is not None:
            reason = ruled(spec.operands, "\0".join(word.text for word in parsed.operands), spec.name)
            if reason is not None:
                self._say(reason)

        for when in spec.when:
            if _holds(when, parsed):
                self._of(when.class_, spec.name, f"`{spec.name}` as it is asked here")

    def _of(self, class_: Class, rule: str, what: str) -> None:
        if class_ is not Class.READ:
            self._say(Reason(class_, rule, f"{what} is {class_}"))

    def _texts(self, parsed: Parsed) -> None:
        """Scripts that a command carries (SQL, awk, sed …) are judged too."""
        spec = parsed.spec
        for name, word in parsed.judged:
            self._script(name, [word], spec.name)
        if spec.judge and spec.text:
            if not parsed.has(spec.text_unless):
                self._script(spec.judge, parsed.operands[:1], spec.name)
        elif spec.judge:
            self._script(spec.judge, parsed.operands, spec.name)

    def _script(self, name: str, words: list[Word], rule: str) -> None:
        judged = JUDGES[name]([word.text for word in words], rule)
        for reason in judged.reasons:
            self._say(reason)
        for inner in judged.runs:
            self._say(unknown(rule, f"`{rule}` runs a command on what it finds"))
            if inner:
                self.words([Word(text) for text in inner])

    def _paths(self, parsed: Parsed) -> None:
        spec = parsed.spec
        if spec.reads == "names":
            return
        first = 1 if spec.text and not parsed.has(spec.text_unless) else 0
        words = [word.text for word in parsed.operands[first:]]
        values = [value.text for name, value in parsed.flags if value is not None and name not in spec.text_unless]
        for word in (*words, *values):
            if is_secret(word):
                self._say(Reason(Class.SECRET, "secret-file", f"`{word[:60]}` is where secrets are kept"))
        if spec.reads == "deep" or parsed.has(spec.deep):
            self._deep(words, spec)

    def _deep(self, words: list[str], spec: Spec) -> None:
        """All that lies below a folder is shown: it must be known, and no secrets among it."""
        if not words:
            self._say(unknown("deep", f"`{spec.name}` reads all that lies below a folder that is not named"))
        for word in words:
            if not word.startswith("/"):
                self._say(unknown("deep", f"what lies below `{word[:60]}` cannot be known: name the whole path"))
            elif holds_secrets(word):
                self._say(Reason(Class.SECRET, "secret-file", f"below `{word[:60]}` secrets are kept"))

    def _wrapped(self, parsed: Parsed) -> None:
        wraps = parsed.spec.wraps
        if wraps is None or (wraps.unless and parsed.has(wraps.unless)):
            return
        if wraps.floor is not Class.READ:
            self._of(wraps.floor, parsed.spec.name, f"what `{parsed.spec.name}` adds")
        if wraps.flag:
            value = parsed.operands[0] if wraps.flag == "operand" and parsed.operands else parsed.value(wraps.flag)
            self._inner_line([value] if value is not None else [], parsed)
        elif wraps.tool:
            self.words([Word(wraps.tool), *parsed.rest])
        elif wraps.line:
            self._inner_line(parsed.rest, parsed)
        elif parsed.rest:
            self.words(parsed.rest)
        else:
            self._of(parsed.spec.bare, parsed.spec.name, f"`{parsed.spec.name}` without a command")

    def _inner_line(self, words: list[Word], parsed: Parsed) -> None:
        if not words:
            self._of(parsed.spec.bare, parsed.spec.name, f"`{parsed.spec.name}` without a command")
        elif not all(word.plain for word in words):
            self._say(unknown("expansion", "what it runs depends on a shell"))
        self.depth += 1
        if words and self.depth <= MOST_WRAPPED:
            self.line(" ".join(word.text for word in words))
        elif words:
            self._say(unknown("too-deep", f"more than {MOST_WRAPPED} commands wrap each other"))

    def _say(self, reason: Reason) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)
