"""Stack traces of the common languages: the error on top, its first cause, and the frames nearest to it.

Each language prints in its own order; a Trace is always told from the outermost error inwards. Formats: CPython's traceback module,
java.lang.Throwable.printStackTrace, the Go runtime's panics, V8, Rust's std::panicking and anyhow, .NET's Exception.ToString, Ruby, PHP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_FRAMES = 3
_LONGEST_TRACE = 400
"""Lines after which what looks like one trace is taken for something else."""
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Trace:
    """`error` as it was thrown; `cause` the innermost error behind it, "" where it is the same; `frames` of its own code, nearest first.

    It takes the lines from `start` up to, not including, `end`.
    """

    error: str
    cause: str
    frames: tuple[str, ...]
    start: int
    end: int


@dataclass(slots=True)
class _Reading:
    """One trace while it is read."""

    errors: list[str]
    frames: list[str]
    end: int

    def done(self, start: int, *, innermost_last: bool = True) -> Trace:
        every = [error.strip()[:_LONGEST] for error in self.errors if error.strip()]
        outer, inner = (every[0], every[-1]) if innermost_last else (every[-1], every[0])
        own = [frame for frame in self.frames if not _FOREIGN.search(frame)] or self.frames
        frames = tuple(frame.strip()[:_LONGEST] for frame in own[:MOST_FRAMES])
        return Trace(outer, "" if inner == outer else inner, frames, start, self.end)


_FOREIGN = re.compile(
    r"site-packages|dist-packages|/lib/python\d|<frozen |node_modules|node:internal|\(internal/|/usr/(?:local/)?go/src/|/gems/|/vendor/|"
    r"^(?:java|javax|jdk|sun|kotlin|scala|System|Microsoft|runtime|testing)\.|\borg\.(?:springframework|apache|hibernate)\.|^panic\(|"
    r"\bcore::|\bstd::|rust_begin_unwind|/rustc/"
)
"""Frames of a runtime or a library: the reader's own code says more."""

_PYTHON = "Traceback (most recent call last):"
_PYTHON_FRAME = re.compile(r'^[ |+]*File "([^"]{1,300})", line (\d{1,9})(?:, in (.{1,120}))?')
_PYTHON_ERROR = re.compile(r"^[ |]*((?:[A-Za-z_][\w.]{0,150})(?::? .{0,2000})?)$")
_PYTHON_CHAIN = re.compile(r"^[ |]*(?:During handling of the above exception|The above exception was the direct cause)")
_JVM_ERROR = re.compile(r"^(?:Exception in thread \"[^\"]{0,200}\" |Unhandled exception\. )?((?:[\w$]+\.)+[\w$`]*[\w$](?:: .*)?)$")
_AT = re.compile(r"^\s*at (.{1,500})$")
_CAUSED = re.compile(r"^\s*(?:Caused by: |\[cause\]: |---> |Wrapped by: )(.{1,2000})$")
_MORE = re.compile(r"^\s*(?:\.\.\. \d+ more|--- End of |\.\.\. \d+ common frames|\.\.\. \d+ lines matching|at async )")
_JS_ERROR = re.compile(r"^(?:Uncaught )?((?:[A-Z][\w$]*)?(?:Error|Exception|Rejection)(?: \[[\w-]{1,60}\])?(?:: .*)?)(?: \{)?$")
_GO = re.compile(r"^((?:panic|fatal error): .*)$")
_GO_CALL = re.compile(r"^([\w./*()\[\]{}~·-]+\(.*\))$")
_GO_PLACE = re.compile(r"^\s+(/?[^\s:]{1,300}\.(?:go|s):\d{1,9})")
_GO_MORE = re.compile(r"^(?:goroutine \d+|\[signal |created by |\[recovered\]|exit status \d|rax |r[a-ds0-9][\w]* )|^    panic: ")
_RUST = re.compile(r"^thread '([^']{0,100})'(?: \(\d+\))? panicked at (?:'(.{0,2000})', )?([^\s,]{1,300}:\d+:\d+):?$")
_RUST_NOTE = re.compile(r"^(?:note: |stack backtrace:)")
_RUST_FRAME = re.compile(r"^\s{1,6}\d{1,4}: (.{1,400})$")
_RUBY = re.compile(r"^(?:\S{0,300}?:\s)?(\S{1,300}:\d{1,9}):in ['`](.{1,150})': (.{1,2000}) \(([A-Z][\w:]{0,150})\)$")
_RUBY_FRAME = re.compile(r"^\s+(?:\d{1,5}: )?from (\S.{0,400})$")
_PHP = re.compile(r"^(?:PHP )?Fatal error:\s{1,4}(?:Uncaught )?(.{1,2000})$")
_PHP_FRAME = re.compile(r"^(?:PHP\s{1,4})?#(\d{1,4}) (.{1,400})$|^(?:PHP\s{1,4})?\s*(?:Stack trace:|thrown in .*|\d{1,4}\. .*)$")
_PHP_NEXT = re.compile(r"^(?:PHP\s{1,4})?Next (.{1,2000})$")


def traces(lines: Sequence[str]) -> Iterator[Trace]:
    """The traces in these lines, in order; none overlaps another. Linear: a line is read by one trace only."""
    at = 0
    while at < len(lines):
        found = _begins(lines, at)
        if found is not None:
            yield found
        at = max(at + 1, found.end if found else 0)


def _begins(lines: Sequence[str], at: int) -> Trace | None:
    line = lines[at]
    if _PYTHON in line:
        return _python(lines, at)
    if (go := _GO.match(line)) is not None:
        return _go(lines, at, go[1])
    if (rust := _RUST.match(line)) is not None:
        return _rust(lines, at, rust)
    if (ruby := _RUBY.match(line)) is not None:
        return _frames(lines, at, f"{ruby[4]}: {ruby[3]}", _RUBY_FRAME, first=f"{ruby[1]} in {ruby[2]}")
    if (php := _PHP.match(line)) is not None:
        return _php(lines, at, php[1])
    if at + 1 < len(lines) and (_AT.match(lines[at + 1]) or _CAUSED.match(lines[at + 1])):
        named = _JVM_ERROR.match(line) or _JS_ERROR.match(line)
        return _at(lines, at, named[1] if named else _after_words(line))
    return None


def _after_words(line: str) -> str:
    """The error in a line that says more before it: `2026-01-05 ERROR request failed: java.io.IOException: x`."""
    found = _NAMED.search(line)
    return found[0] if found else line


_NAMED = re.compile(r"(?:\b[\w$]{1,80}\.){0,12}\b[A-Z][\w$]{0,80}(?:Error|Exception|Throwable|Fault)\b(?:: .{0,1000})?$")


def _upto(lines: Sequence[str], at: int) -> range:
    return range(at + 1, min(len(lines), at + _LONGEST_TRACE))


def _python(lines: Sequence[str], at: int) -> Trace | None:
    read = _Reading([], [], at + 1)
    frames: list[str] = []
    open_ = True
    for n in _upto(lines, at):
        line = lines[n]
        if (frame := _PYTHON_FRAME.match(line)) is not None:
            frames.append(f"{frame[1]}:{frame[2]}" + (f" in {frame[3]}" if frame[3] else ""))
        elif _PYTHON in line:
            open_, frames = True, []
        elif _PYTHON_CHAIN.match(line) or line.startswith((" ", "|", "+")):
            pass
        elif open_ and (error := _PYTHON_ERROR.match(line)) is not None:
            read.errors.append(error[1])
            read.frames = frames[::-1]
            open_ = False
        else:
            break
        read.end = n + 1
    return read.done(at, innermost_last=False) if read.errors else None


def _go(lines: Sequence[str], at: int, error: str) -> Trace:
    read = _Reading([error], [], at + 1)
    call = ""
    for n in _upto(lines, at):
        line = lines[n]
        if (place := _GO_PLACE.match(line)) is not None:
            if call:
                read.frames.append(f"{call} {place[1]}")
            call = ""
        elif (named := _GO_CALL.match(line)) is not None:
            call = named[1]
        elif not _GO_MORE.match(line):
            break
        read.end = n + 1
    read.frames = [re.sub(r"\((?:0x|\{0x|\.\.\.)[^()]*\)", "()", frame) for frame in read.frames]
    return read.done(at)


def _rust(lines: Sequence[str], at: int, head: re.Match[str]) -> Trace:
    said, start = head[2], at
    if said is None and at + 1 < len(lines) and not _RUST_NOTE.match(lines[at + 1]):
        at += 1
        said = lines[at]
    read = _Reading([f"panicked: {said or 'no message'}"], [head[3]], at + 1)
    for n in _upto(lines, at):
        if (frame := _RUST_FRAME.match(lines[n])) is not None:
            read.frames.append(frame[1])
        elif not (_RUST_NOTE.match(lines[n]) or _AT.match(lines[n])):
            break
        read.end = n + 1
    return read.done(start)


def _php(lines: Sequence[str], at: int, error: str) -> Trace:
    read = _Reading([error], [], at + 1)
    for n in _upto(lines, at):
        if (following := _PHP_NEXT.match(lines[n])) is not None:
            read.errors.append(following[1])
        elif (frame := _PHP_FRAME.match(lines[n])) is not None:
            read.frames += [frame[2]] if frame[2] and frame[2] != "{main}" else []
        else:
            break
        read.end = n + 1
    return read.done(at, innermost_last=False)


def _at(lines: Sequence[str], at: int, error: str) -> Trace:
    """Java, Node and .NET: the error, `at` and `at`, and what caused it with its own `at`s."""
    read = _Reading([error], [], at + 1)
    inner: list[str] = []
    for n in _upto(lines, at):
        line = lines[n]
        if (caused := _CAUSED.match(line)) is not None:
            read.errors.append(caused[1].rstrip(" {"))
            inner = []
            read.frames = inner
        elif (frame := _AT.match(line)) is not None:
            read.frames.append(frame[1])
        elif not _MORE.match(line) and line.strip() not in ("}", "{"):
            break
        read.end = n + 1
    return read.done(at)


def _frames(lines: Sequence[str], at: int, error: str, frame: re.Pattern[str], *, first: str) -> Trace:
    read = _Reading([error], [first], at + 1)
    for n in _upto(lines, at):
        found = frame.match(lines[n])
        if found is None:
            break
        read.frames.append(found[1])
        read.end = n + 1
    return read.done(at)
