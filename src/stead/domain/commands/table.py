"""What is known of a tool: its verbs, its flags and what each makes of a command. Data, read from one YAML file a tool.

Only what is written down is known: a flag or a verb that is not there makes a command unknown. docs/tools/shell.md explains each key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from stead.domain.commands.classes import Class, names

Rules = tuple[tuple[re.Pattern[str], Class], ...]
"""The first pattern that matches the whole decides; none: unknown."""

STYLES = ("gnu", "go", "words")
"""`gnu` bundles of short flags, flags anywhere · `go` long names after one dash · `words` no flags at all: each word is an operand."""
READS = ("contents", "names", "deep")
"""Of the paths among its words a tool shows the contents, only what they are called, or all that lies below."""


@dataclass(frozen=True, slots=True)
class Flag:
    """`takes` a value: `none`, `value` (attached or the next word), `optional` (attached), `pair` (the next two words).

    `rules` and `judge` look at the value.
    """

    takes: str = "none"
    class_: Class = Class.READ
    rules: Rules | None = None
    judge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """A tool that runs another command: after `skip` operands of its own.

    `line`: the rest is a line for a shell · `flag`: that line is this flag's value · `floor`: never milder than this ·
    `tool`: the rest are words for this tool · `unless`: with one of these flags it runs nothing.
    """

    skip: int = 0
    line: bool = False
    flag: str = ""
    floor: Class = Class.READ
    tool: str = ""
    until: str = ""
    unless: frozenset[str] = frozenset()
    assignments: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """With one of these flags (and this value), and these operands, a command has this class."""

    class_: Class
    flags: frozenset[str] = frozenset()
    value: re.Pattern[str] | None = None
    operands: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A tool, or a verb of one. See the keys of `KEYS`."""

    name: str
    class_: Class = Class.READ
    style: str = "gnu"
    flags: Mapping[str, Flag] = field(default_factory=dict[str, Flag])
    operands: Rules | None = None
    judge: str = ""
    text: bool = False
    text_unless: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    otherwise: Class = Class.UNKNOWN
    reads: str = "contents"
    deep: frozenset[str] = frozenset()
    numbers: bool = False
    bare: Class = Class.UNKNOWN
    verbs: Mapping[str, Spec] = field(default_factory=dict[str, "Spec"])
    wraps: Wrap | None = None
    when: tuple[When, ...] = ()
    needs: str = ""

    def verb(self, word: str) -> Spec | None:
        """The verb of this name; else the first whose name is a pattern (`describe-*`) that fits."""
        if word in self.verbs:
            return self.verbs[word]
        fits = (spec for name, spec in self.verbs.items() if "*" in name and re.fullmatch(re.escape(name).replace(r"\*", ".*"), word))
        return next(fits, None)


_TAKES = {"alone": "none", "value": "value", "optional": "optional", "pair": "pair"}
_RAISE = {"write": Class.WRITE, "secret": Class.SECRET, "unknown": Class.UNKNOWN}
KEYS = names(
    "alone value optional pair write secret unknown values judged class style operands judge text requires otherwise reads deep numbers "
    "bare verbs verb wraps needs when"
)
_WRAP_KEYS = frozenset(("skip", "line", "flag", "floor", "tool", "until", "unless", "assignments"))


def tools(written: Mapping[str, Mapping[str, Any]]) -> dict[str, Spec]:
    """Name of a program → what is known of it. A key holds one or more names. ValueError names what does not fit."""
    return {name: spec_of(name, rules, None) for programs, rules in written.items() for name in programs.split()}


def spec_of(name: str, written: Mapping[str, Any] | None, above: Spec | None) -> Spec:
    """A verb knows what the tool above it knows."""
    given = dict(written or {})
    if strange := sorted(set(given) - KEYS):
        raise ValueError(f"`{name}`: there is no key `{strange[0]}`; known: {', '.join(sorted(KEYS))}")
    flags = {**(above.flags if above else {}), **_flags(name, given)}
    needs = str(given.get("needs", above.needs if above else ""))
    reads = str(given.get("reads", above.reads if above and "needs" not in given else "names" if needs else "contents"))
    style = str(given.get("style", above.style if above else "gnu"))
    if style not in STYLES or reads not in READS:
        raise ValueError(f"`{name}`: `style` is one of {', '.join(STYLES)}, `reads` one of {', '.join(READS)}")
    text = given.get("text", False)
    spec = Spec(
        name=name,
        class_=Class(given.get("class", "read")),
        style=style,
        flags=flags,
        operands=rules_of(given["operands"]) if "operands" in given else None,
        judge=str(given.get("judge", "")),
        text=bool(text),
        text_unless=_names(text) if isinstance(text, str) else frozenset(),
        requires=_names(given.get("requires", "")),
        otherwise=Class(given.get("otherwise", "unknown")),
        reads=reads,
        deep=_names(given.get("deep", "")),
        numbers=bool(given.get("numbers", above.numbers if above else False)),
        bare=Class(given.get("bare", "unknown")),
        wraps=_wrap(name, given["wraps"]) if "wraps" in given else None,
        when=tuple(_when(name, one) for one in given.get("when", [])),
        needs=needs,
    )
    return replace(spec, verbs=_verbs(spec, given))


def rules_of(written: object) -> Rules:
    """A pattern of what reads, or patterns with a class each. A blank in it stands between two operands."""
    if isinstance(written, Mapping):
        pairs = cast("Mapping[object, object]", written).items()
        return tuple((_pattern(str(pattern)), Class(str(class_))) for pattern, class_ in pairs)
    return ((_pattern(str(written)), Class.READ),)


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(written.replace(" ", "\0"), re.DOTALL)


def _names(written: object) -> frozenset[str]:
    return frozenset(str(written).split())


def _flags(name: str, given: Mapping[str, Any]) -> dict[str, Flag]:
    """What a flag raises a command to is written last: it holds over a mention as harmless."""
    made: dict[str, Flag] = {}
    for key, takes in _TAKES.items():
        made |= {flag: Flag(takes) for flag in _names(given.get(key, ""))}
    for flags, rules in dict(given.get("values", {})).items():
        made |= {flag: Flag("value", rules=rules_of(rules)) for flag in flags.split()}
    for flags, judge in dict(given.get("judged", {})).items():
        made |= {flag: Flag("value", judge=str(judge)) for flag in flags.split()}
    for key, class_ in _RAISE.items():
        made |= {
            flag: Flag("value" if flag in made and made[flag].takes == "value" else "none", class_) for flag in _names(given.get(key, ""))
        }
    if strange := next((flag for flag in made if not flag.startswith("-")), ""):
        raise ValueError(f"`{name}`: `{strange}` is no flag; a flag begins with a dash")
    return made


def _verbs(spec: Spec, given: Mapping[str, Any]) -> dict[str, Spec]:
    made: dict[str, Spec] = {}
    for class_, listed in dict(given.get("verbs", {})).items():
        for verb in str(listed).split():
            made[verb] = spec_of(f"{spec.name} {verb}", {"class": class_}, spec)
    for listed, rules in dict(given.get("verb", {})).items():
        for verb in str(listed).split():
            made[verb] = spec_of(f"{spec.name} {verb}", rules, spec)
    return made


def _when(name: str, written: Mapping[str, Any]) -> When:
    if strange := sorted(set(written) - {"flags", "value", "operands", "class"}):
        raise ValueError(f"`{name}`: there is no key `{strange[0]}` in `when`; known: class, flags, operands, value")
    return When(
        class_=Class(written["class"]),
        flags=_names(written.get("flags", "")),
        value=_pattern(str(written["value"])) if "value" in written else None,
        operands=_pattern(str(written["operands"])) if "operands" in written else None,
    )


def _wrap(name: str, written: Mapping[str, Any]) -> Wrap:
    if strange := sorted(set(written) - _WRAP_KEYS):
        raise ValueError(f"`{name}`: there is no key `{strange[0]}` in `wraps`; known: {', '.join(sorted(_WRAP_KEYS))}")
    return Wrap(
        skip=int(written.get("skip", 0)),
        line=bool(written.get("line", False)),
        flag=str(written.get("flag", "")),
        floor=Class(written.get("floor", "read")),
        tool=str(written.get("tool", "")),
        until=str(written.get("until", "")),
        unless=_names(written.get("unless", "")),
        assignments=bool(written.get("assignments", False)),
    )
