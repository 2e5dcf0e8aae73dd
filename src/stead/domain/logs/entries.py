"""One line of a log: how bad its writer says that it is, and what it says. JSON, logfmt, klog and plain text.

Formats: the fields that zap, logrus, slog, zerolog, pino, bunyan, structlog, Serilog, logback and Google Cloud write; klog's header
(k8s.io/klog, "Lmmdd hh:mm:ss.uuuuuu threadid file:line] msg").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, cast

FATAL, ERROR, WARNING, INFO, UNKNOWN = 4, 3, 2, 1, 0
"""How bad: greater is worse; UNKNOWN where the line does not say."""

_LEVELS = {
    FATAL: ("fatal", "panic", "critical", "crit", "emergency", "emerg", "alert", "dpanic", "f", "ftl"),
    ERROR: ("error", "err", "eror", "severe", "e", "failure"),
    WARNING: ("warning", "warn", "wrn", "w"),
    INFO: ("info", "information", "inf", "notice", "debug", "dbg", "trace", "trc", "verbose", "i", "d", "log", "fine"),
}
_LEVEL = {word: level for level, words in _LEVELS.items() for word in words}
WORDS = {FATAL: "fatal", ERROR: "error", WARNING: "warning", INFO: "info", UNKNOWN: ""}

_LEVEL_KEYS = ("level", "lvl", "severity", "log.level", "levelname", "loglevel", "@l", "Level", "LogLevel", "severity_text")
_MESSAGE_KEYS = ("msg", "message", "event", "@m", "@mt", "Message", "RenderedMessage", "textPayload", "log", "short_message", "text")
_ERROR_KEYS = (
    "err",
    "error",
    "exception",
    "exc_info",
    "error.message",
    "error_message",
    "@x",
    "Exception",
    "cause",
    "reason",
    "errorVerbose",
)
_STACK_KEYS = ("stack", "stack_trace", "stacktrace", "error.stack_trace", "error.stack", "traceback", "StackTrace", "exc_text")

_STAMP = re.compile(
    r"^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)[\])]?:?[ |,-]{0,4}"
)
_KLOG = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,9} [^\s:\]]{1,100}:\d{1,7}\] ?")
_SAID = re.compile(r"^[\[(<|]?\s?([A-Za-z]{1,11})\s?[\])>|]?(?:\s?[:|\]-]|\s)")
_BAD = re.compile(
    r"(?i)\b(?:(?P<fatal>fatal|panic|panicked|critical|segmentation fault|sig(?:segv|abrt|bus|ill)|out of memory|core dumped|unhandled)|"
    r"(?P<error>errors?|errno|exceptions?|failed|failure|cannot|can't|could not|couldn't|unable to|refused|denied|unauthorized|forbidden|"
    r"not found|no such|timed? ?out|invalid|missing|unreachable|aborted|crash(?:ed|ing)?)|(?P<warning>warn(?:ing)?|deprecated))\b"
    r"|(?P<named>[A-Za-z](?:Error|Exception)\b)"
)
_FINE = re.compile(r"(?i)\b(?:0|no|without|zero) errors?\b|\berrors?[=: ]+0\b|\bfailed[=: ]+0\b")
_PAIR = re.compile(r"""([A-Za-z_@][\w.@/-]{0,63})=("(?:[^"\\]|\\.){0,2000}"|[^\s"]{0,2000})""")
_MOST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` is the message with its error; `stack` the stack trace that a structured line carries, "" where there is none."""

    level: int
    text: str
    stack: str = ""
    structured: bool = False


def entry(line: str) -> Entry:
    """What one line says."""
    stripped = line.strip()
    if stripped.startswith("{") and (found := _from_json(stripped)) is not None:
        return found
    if (header := _KLOG.match(stripped)) is not None:
        return Entry(_LEVEL[header[1].lower()], stripped[header.end() :] or stripped, structured=True)
    if "=" in stripped and (found := _from_logfmt(stripped)) is not None:
        return found
    return _plain(stripped)


def _from_json(line: str) -> Entry | None:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _from_fields(cast("dict[str, Any]", given)) if isinstance(given, dict) and given else None


def _from_fields(given: dict[str, Any]) -> Entry | None:
    level = next((found for key in _LEVEL_KEYS if (found := _level(given.get(key)))), UNKNOWN)
    message = next((_short(given[key]) for key in _MESSAGE_KEYS if given.get(key) and isinstance(given[key], str)), "")
    errors = [_error(given[key]) for key in _ERROR_KEYS if given.get(key)]
    error = next((one for one in errors if one), "")
    stack = next((given[key] for key in _STACK_KEYS if isinstance(given.get(key), str)), "") or _stack_in(given)
    if not (message or error or stack):
        return None
    if level == UNKNOWN:
        level = ERROR if error or stack else _plain(message).level
    first = error.split("\n", 1)[0]
    text = message if not first or first in message else f"{message}: {first}" if message else first
    if not stack and "\n" in error:
        stack = error
    return Entry(level, text or stack.split("\n", 1)[0], stack, structured=True)


def _from_logfmt(line: str) -> Entry | None:
    pairs = {found[1]: _unquoted(found[2]) for found in _PAIR.finditer(line)}
    if not (pairs.keys() & {"level", "lvl", "severity"} or "msg" in pairs):
        return None
    return _from_fields(pairs)


def _unquoted(value: str) -> str:
    return value[1:-1].replace('\\"', '"').replace("\\n", "\n") if value[:1] == '"' else value


def _level(given: Any) -> int:
    """A level by its word, or by pino's and bunyan's numbers (10 trace … 60 fatal)."""
    if isinstance(given, str):
        return _LEVEL.get(given.strip().lower(), UNKNOWN)
    if isinstance(given, int) and not isinstance(given, bool):
        return FATAL if given >= 60 else ERROR if given >= 50 else WARNING if given >= 40 else INFO
    return UNKNOWN


def _error(given: Any) -> str:
    if isinstance(given, str):
        return given[: _MOST_DETAIL * 8]
    if isinstance(given, dict):
        fields = cast("dict[str, Any]", given)
        said = next((fields[k] for k in ("message", "msg", "detail", "error") if isinstance(fields.get(k), str)), "")
        kind = next((fields[k] for k in ("type", "name", "class", "code") if isinstance(fields.get(k), str)), "")
        return _short(f"{kind}: {said}" if kind and said and kind not in said else said or kind)
    return ""


def _stack_in(given: dict[str, Any]) -> str:
    for key in _ERROR_KEYS:
        inner = given.get(key)
        if isinstance(inner, dict):
            for name in _STACK_KEYS:
                if isinstance(found := cast("dict[str, Any]", inner).get(name), str):
                    return found
    return ""


def _short(text: str) -> str:
    return text.strip()[:_MOST_DETAIL]


def _plain(line: str) -> Entry:
    text = _STAMP.sub("", line, count=1) or line
    said = _SAID.match(text)
    level = _LEVEL.get(said[1].lower(), UNKNOWN) if said and (len(said[1]) > 1 or text[0] in "[(<|") else UNKNOWN
    if level:
        rest = text[said.end() :].strip(" |:-") if said else ""
        return Entry(level, rest or text)
    bad = _BAD.search(_FINE.sub("", text))
    if bad is None:
        return Entry(UNKNOWN, text)
    return Entry(FATAL if bad["fatal"] else WARNING if bad["warning"] else ERROR, text)
