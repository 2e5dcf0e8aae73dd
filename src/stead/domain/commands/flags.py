"""Takes the words of a command apart by what is known of its tool: which are flags, which are values of flags, which are operands."""

from __future__ import annotations

from dataclasses import dataclass, field

from stead.domain.commands.classes import Class, Reason, unknown
from stead.domain.commands.shell import Word
from stead.domain.commands.table import Flag, Rules, Spec


@dataclass
class Parsed:
    """`spec` is the verb that was found · `rest` the words of a wrapped command · `judged` texts with the judge that must see them."""

    spec: Spec
    flags: list[tuple[str, Word | None]] = field(default_factory=list[tuple[str, Word | None]])
    operands: list[Word] = field(default_factory=list[Word])
    rest: list[Word] = field(default_factory=list[Word])
    reasons: list[Reason] = field(default_factory=list[Reason])
    judged: list[tuple[str, Word]] = field(default_factory=list[tuple[str, Word]])

    def has(self, names: frozenset[str]) -> bool:
        return any(name in names for name, _ in self.flags)

    def value(self, name: str) -> Word | None:
        """The last value of a flag."""
        return next((value for flag, value in reversed(self.flags) if flag == name), None)


def take_apart(spec: Spec, words: list[Word]) -> Parsed:
    """`words` are those after the tool's name. Never raises: what is not known is a reason."""
    parsed = Parsed(spec)
    _Taking(parsed, words).run()
    return parsed


def ruled(rules: Rules, text: str, rule: str) -> Reason | None:
    """What the first fitting pattern says of a text; a reason to call it unknown where none fits; None where it reads."""
    for pattern, class_ in rules:
        if pattern.fullmatch(text):
            shown = text.replace("\0", " ")[:60]
            return None if class_ is Class.READ else Reason(class_, rule, f"`{rule}` with `{shown}` is {class_}")
    return unknown(rule, f"`{rule}` with `{text.replace(chr(0), ' ')[:60]}` is not known to read only")


@dataclass
class _Taking:
    parsed: Parsed
    words: list[Word]
    at: int = 0
    only_operands: bool = False

    def run(self) -> None:
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if self._is_operand(word.text):
                self._operand(word)
            elif word.text == "--":
                self.only_operands = True
            elif word.text.startswith("--") or self.parsed.spec.style == "go":
                self._long(word)
            else:
                self._short(word)

    def _is_operand(self, text: str) -> bool:
        spec = self.parsed.spec
        if self.only_operands or spec.style == "words" or not text.startswith("-") or text == "-":
            return True
        return spec.numbers and text[1:].isdecimal()

    def _operand(self, word: Word) -> None:
        spec = self.parsed.spec
        if spec.verbs and not self.parsed.operands:
            self._verb(word)
            return
        wraps = spec.wraps
        if wraps is None or wraps.flag or (wraps.unless and self.parsed.has(wraps.unless)):
            self.parsed.operands.append(word)
        elif wraps.assignments and not self.parsed.rest and "=" in word.text:
            self.parsed.reasons.append(unknown("environment-prefix", f"`{word.text[:40]}` changes the environment of what it runs"))
        elif len(self.parsed.operands) < wraps.skip or (wraps.until and not self.only_operands):
            self.parsed.operands.append(word)
        else:
            self.parsed.rest = self.words[self.at - 1 :]
            self.at = len(self.words)

    def _verb(self, word: Word) -> None:
        spec = self.parsed.spec
        found = spec.verb(word.text) if word.plain else None
        if found is None:
            self.parsed.reasons.append(unknown("unknown-verb", f"`{spec.name} {word.text[:40]}` is not a known verb"))
            self.at = len(self.words)
        else:
            self.parsed.spec = found

    def _long(self, word: Word) -> None:
        spec = self.parsed.spec
        name, given, value = word.text.partition("=")
        flag = spec.flags.get(name)
        if flag is None and spec.style == "go":
            flag = spec.flags.get(name.replace("--", "-", 1)) or spec.flags.get(f"-{name}")
        if flag is None:
            self._unknown(name)
        elif given:
            if flag.takes == "none" and value not in ("true", "false") and flag.class_ is Class.READ:
                self.parsed.reasons.append(unknown("unknown-flag", f"`{name}` takes no value"))
            self._take(name, flag, Word(value, word.plain))
        elif flag.takes in ("value", "pair"):
            for _ in range(2 if flag.takes == "pair" else 1):
                self._next(name, flag)
        else:
            self._take(name, flag, None)

    def _short(self, word: Word) -> None:
        """A bundle of one-letter flags (POSIX, 12.2 Utility Syntax Guidelines); a value may be attached to the last."""
        whole = word.text
        for n in range(1, len(whole)):
            name = f"{whole[0]}{whole[n]}"
            flag = self.parsed.spec.flags.get(name)
            if flag is None:
                self._unknown(name if n == 1 else f"{name} in {whole}")
                return
            attached = whole[n + 1 :]
            if flag.takes == "none":
                self._take(name, flag, None)
            elif attached:
                self._take(name, flag, Word(attached.removeprefix("="), word.plain))
                return
            elif flag.takes == "value":
                self._next(name, flag)
                return
            else:
                self._take(name, flag, None)

    def _next(self, name: str, flag: Flag) -> None:
        if self.at >= len(self.words):
            self.parsed.reasons.append(unknown("unknown-flag", f"`{name}` lacks its value"))
            return
        self._take(name, flag, self.words[self.at])
        self.at += 1

    def _take(self, name: str, flag: Flag, value: Word | None) -> None:
        self.parsed.flags.append((name, value))
        rule = f"{self.parsed.spec.name} {name}"
        if flag.class_ is not Class.READ:
            self.parsed.reasons.append(Reason(flag.class_, rule, f"`{rule}` is {flag.class_}"))
        if value is not None and flag.rules is not None and (reason := ruled(flag.rules, value.text, rule)):
            self.parsed.reasons.append(reason)
        if value is not None and flag.judge:
            self.parsed.judged.append((flag.judge, value))

    def _unknown(self, name: str) -> None:
        self.parsed.reasons.append(unknown("unknown-flag", f"`{self.parsed.spec.name}` has no known flag `{name}`"))
