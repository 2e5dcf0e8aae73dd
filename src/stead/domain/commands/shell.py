"""Reads a line as a POSIX shell would, and says what in it is more than plain commands.

Promise: every command is found wherever it stands (in a substitution, a string, a here-document, a loop), and each byte of the line was
understood: what was not is a reason to take the whole line for unknown. Words are decoded as the shell would, or known not to be plain.
The grammar is tree-sitter-bash's; each command is read a second time by the standard library, and where the two disagree it is unknown.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from stead.domain.commands.classes import Class, Reason, Step, names, unknown
from stead.domain.commands.places import is_secret

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MOST_CHARACTERS = 4000
MOST_DEPTH = 60

_STRUCTURE = frozenset(("program", "list", "pipeline", "subshell", "compound_statement", "redirected_statement", "comment"))
_WORDS = frozenset(("word", "number", "raw_string", "string", "string_content", "concatenation", "command_name"))
_REDIRECTS = frozenset(("file_redirect", "heredoc_redirect", "herestring_redirect"))
_WITHIN_REDIRECTS = frozenset(("heredoc_start", "heredoc_body", "heredoc_end", "heredoc_content", "file_descriptor"))
_EXPANSIONS = names(
    "simple_expansion expansion command_substitution process_substitution arithmetic_expansion ansi_c_string translated_string "
    "brace_expression variable_name special_variable_name"
)
_COMMANDS = frozenset(("command", "declaration_command", "unset_command"))
_DIVIDERS = frozenset((";", "\n", "&&", "||", "|", "(", ")", "{", "}", '"'))


@dataclass(frozen=True, slots=True)
class Word:
    """`plain` is whether a shell would pass on exactly this text."""

    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it is written. `prefixed` by assignments; `odd` when it could not be read with certainty."""

    text: str
    words: tuple[Word, ...]
    prefixed: bool = False
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of a line in their order, what in it is more than that, and what would run where it is no more."""

    commands: tuple[Command, ...]
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]


def parse(line: str) -> Script:
    """Never raises: what cannot be read is a reason."""
    if len(line) > MOST_CHARACTERS:
        return Script((), (unknown("too-long", f"it is longer than {MOST_CHARACTERS} characters"),), ())
    if (odd := _odd_character(line)) is not None:
        return _Reading(line, [unknown("odd-character", f"it holds {odd}, which is not what it seems to a reader")]).script()
    return _Reading(line).script()


@cache
def _parser() -> Parser:
    """Made at the first line: nothing of it is loaded before."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def _odd_character(line: str) -> str | None:
    """The name of a character that is invisible, controls a terminal, or looks like a space or the dash of a flag."""
    for before, one in zip(f" {line}", line, strict=False):
        kind = unicodedata.category(one)
        strange = kind in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn") or (kind == "Zs" and one != " ")
        dash = kind == "Pd" and one != "-" and not before.isalnum()
        if (strange and one not in "\n\t") or dash or one in "−˗‐‑":
            return unicodedata.name(one, f"the character U+{ord(one):04X}")
    return None


@dataclass
class _Reading:
    line: str
    reasons: list[Reason] = field(default_factory=list[Reason])
    commands: list[Command] = field(default_factory=list[Command])

    def script(self) -> Script:
        source = self.line.encode("utf-8", "replace")
        root = _parser().parse(source).root_node
        if root.has_error:
            self.reasons.append(unknown("syntax", "it is not a complete line of shell"))
        if not _covered(root, source):
            self.reasons.append(unknown("syntax", "a part of it was not understood"))
        self._visit(root, 0)
        plain = not self.reasons and all(not command.odd and not command.prefixed for command in self.commands)
        steps = tuple(_steps(root)) if plain and all(word.plain for c in self.commands for word in c.words) else ()
        return Script(tuple(self.commands), tuple(dict.fromkeys(self.reasons)), steps)

    def _visit(self, node: Node, depth: int) -> None:
        if depth > MOST_DEPTH:
            self.reasons.append(unknown("too-deep", f"it is nested deeper than {MOST_DEPTH} times"))
            return
        kind = node.type
        if kind in _COMMANDS:
            self.commands.append(_command(node))
        elif kind in _REDIRECTS:
            self.reasons.append(_redirect(node))
        elif node.is_named and kind not in _STRUCTURE | _WORDS | _WITHIN_REDIRECTS | _EXPANSIONS | {"variable_assignment"}:
            self.reasons.append(unknown("construct", f"`{_text(node)[:40].strip()}` is more than plain commands"))
        elif kind == "variable_assignment" and (node.parent is None or node.parent.type not in _COMMANDS):
            self.reasons.append(unknown("assignment", f"`{_text(node)[:40]}` sets a variable"))
        if kind in ("subshell", "compound_statement") and not node.named_children:
            self.reasons.append(unknown("construct", f"`{_text(node)[:40]}` groups nothing"))
        if kind in _STRUCTURE and (odd := next((c.type for c in node.children if not c.is_named and c.type not in _DIVIDERS), None)):
            self.reasons.append(unknown("construct", f"`{odd}` is more than plain commands joined by `;`, `&&`, `||` or `|`"))
        for child in node.children:
            self._visit(child, depth + 1)


def _covered(root: Node, source: bytes) -> bool:
    """Whether between the leaves of the tree there is nothing but blanks."""
    at = 0
    for leaf in _leaves(root):
        if source[at : leaf.start_byte].strip(b" \t\n"):
            return False
        at = max(at, leaf.end_byte)
    return not source[at:].strip(b" \t\n")


def _leaves(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count and node.type not in ("string", "heredoc_body"):
            waiting += reversed(node.children)
        else:
            yield node


def _command(node: Node) -> Command:
    words: list[Word] = []
    prefixed = False
    for child in node.children:
        if child.type == "variable_assignment" and node.type == "command":
            prefixed = True
        elif child.type not in _REDIRECTS:
            words.append(_word(child))
    text = _text(node)
    plain = not prefixed and all(word.plain for word in words) and not any(child.type in _REDIRECTS for child in node.children)
    return Command(text, tuple(words), prefixed, odd=plain and _disagrees(text, words))


def _disagrees(text: str, words: list[Word]) -> bool:
    """Whether the standard library reads the command otherwise."""
    try:
        return shlex.split(text, comments=False, posix=True) != [word.text for word in words]
    except ValueError:
        return True


def _word(node: Node) -> Word:
    """A word, decoded (POSIX, 2.2 Quoting), with what an unquoted brace, glob or expansion makes of it known as not plain."""
    bare = "".join(_unquoted(node))
    if re.search(r"(?<!\\)[*?\[$`]", bare) or re.search(r"\{[^{}]*(?:,|\.\.)[^{}]*\}", bare):
        return Word(_text(node), plain=False)
    decoded = _decoded(node)
    return Word(_text(node), plain=False) if decoded is None else Word(decoded)


def _unquoted(node: Node) -> Iterator[str]:
    if node.type in ("word", "number"):
        yield _text(node)
    elif node.type in ("concatenation", "command_name"):
        for child in node.children:
            yield from _unquoted(child)
    elif node.type in ("string", "raw_string"):
        yield '"'
    else:
        yield _text(node)


def _decoded(node: Node) -> str | None:
    """None where a shell would make something else of it."""
    text = _text(node)
    if node.type in ("concatenation", "command_name"):
        parts = [_decoded(child) for child in node.children]
        whole = sum(child.end_byte - child.start_byte for child in node.children) == node.end_byte - node.start_byte
        return "".join(part for part in parts if part is not None) if whole and None not in parts else None
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "string":
        if any(child.type not in ("string_content", '"') for child in node.children) or "\\\n" in text:
            return None
        return re.sub(r'\\([$`"\\])', r"\1", text[1:-1])
    if node.type in ("word", "number") or not node.is_named:
        return None if "\\\n" in text or text.endswith("\\") else re.sub(r"\\(.)", r"\1", text)
    return None


def _redirect(node: Node) -> Reason:
    """A file is written: write. A secret is read: secret. Anything else of that kind: unknown."""
    written = _text(node)[:60]
    if node.type != "file_redirect":
        return unknown("redirection", f"`{written.splitlines()[0]}` feeds it a text")
    operator = next((child.type for child in node.children if not child.is_named), "")
    destination = node.child_by_field_name("destination")
    word = _word(destination) if destination is not None else Word("", plain=False)
    if operator in ("<", "<&", "<&-", ">&-"):
        if is_secret(word.text):
            return Reason(Class.SECRET, "redirection", f"`{written}` reads a file that holds secrets")
        return unknown("redirection", f"`{written}` feeds it a file")
    if (word.plain and word.text == "/dev/null") or (operator == ">&" and re.fullmatch(r"\d+|-", word.text)):
        return unknown("redirection", f"`{written}` is a redirection: leave it out, both outputs are shown")
    return Reason(Class.WRITE, "redirection", f"`{written}` writes a file")


def _steps(node: Node, joined: str = ";") -> Iterator[Step]:
    """The pipelines of a tree of plain commands, in the order in which they run."""
    if node.type == "command":
        yield Step(joined, commands=(tuple(word.text for word in _command(node).words),))
    elif node.type == "pipeline":
        if all(child.type == "command" for child in node.named_children):
            yield Step(joined, commands=tuple(tuple(word.text for word in _command(child).words) for child in node.named_children))
        else:
            yield Step(joined)
    elif node.type in ("subshell", "compound_statement"):
        yield Step(joined, group=tuple(_row(node)))
    else:
        rest = list(_row(node))
        yield from (Step(joined if n == 0 else step.joined, step.commands, step.group) for n, step in enumerate(rest))


def _row(node: Node) -> Iterator[Step]:
    joined = ";"
    for child in node.children:
        if child.type in ("&&", "||"):
            joined = child.type
        elif child.is_named and child.type != "comment":
            yield from _steps(child, joined)
            joined = ";"


def _text(node: Any) -> str:
    raw: bytes = node.text or b""
    return raw.decode("utf-8", "replace")
