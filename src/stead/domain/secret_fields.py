"""Secrets that are known by the name beside them: `password: x`, `DB_TOKEN=x`, `--api-key x`, a variable's name and value, a Secret's data.

The name decides how much it takes. `password=` takes nearly anything; `token: ` in the middle of a sentence takes only what looks like one,
because logs say "invalid token: expired". Names that merely point at a secret (`secretName`, `tokenFile`) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stead.domain.secret_formats import Span, is_basic

_QUOTE = r"""\\{0,3}["']"""
_LONGEST_NAME = 64
_LONGEST_VALUE = 16_384


@dataclass(frozen=True, slots=True)
class _Word:
    """A part of a name. `before` must match what stands before it in the name, `after` what the name ends with; both in lower case.

    `strong` names take any value that is no placeholder; others only what is no plain word or name.
    """

    text: str
    after: re.Pattern[str]
    before: re.Pattern[str] | None = None
    strong: bool = True


_END = r"(?:[_.-]?(?:value|data|b64|base64|raw|text|plain|hash|string|base|\d{1,3}))?(?!\w|[.-]{1,3}\w)"
"""How the name of a value may go on; anything else (`File`, `Name`, `Ref`, `ExpirationSeconds`) makes it the name of something else."""

_WORDS = (
    _Word("passw", re.compile(rf"(?:or)?ds?{_END}")),
    _Word("passphrase", re.compile(_END)),
    _Word("pass", re.compile(_END), re.compile(r"(?:^|[_.-])$"), strong=False),
    _Word("pwd", re.compile(_END), re.compile(r"(?:^|[_.-]|db|user|my)$"), strong=False),
    _Word(
        "secret",
        re.compile(_END),
        re.compile(r"(?:client|app|api|shared|jwt|hmac|session|cookie|signing|webhook|consumer|totp|otp)[_.-]?$"),
    ),
    _Word("secret", re.compile(rf"(?:[_.-]?(?:access[_.-]?)?key(?![_.-]?(?:ref|id))){_END}")),
    _Word("secret", re.compile(_END), strong=False),
    _Word("token", re.compile(_END), strong=False),
    _Word(
        "key",
        re.compile(_END),
        re.compile(
            r"(?:api|access|private|signing|encryption|account|master|auth|license|session|webhook|hmac|aes|preshared|sharedaccess|deploy|ssh|admin|service|tls[_.])[_.-]?$"
        ),
    ),
    _Word("key-data", re.compile(_END)),
    _Word("dockerconfigjson", re.compile(_END)),
    _Word("dockercfg", re.compile(_END)),
    _Word("credential", re.compile(rf"s?{_END}"), strong=False),
    _Word("authorization", re.compile(_END)),
    _Word("cookie", re.compile(_END), re.compile(r"(?:^|set-)$")),
    _Word("_auth", re.compile(_END), strong=False),
    _Word("sig", re.compile(_END), re.compile(r"(?:^|x-amz-)$")),
    _Word("signature", re.compile(_END), re.compile(r"x-amz-$")),
)

_STEMS = {word.text: tuple(other for other in _WORDS if other.text == word.text) for word in _WORDS}

_SEPARATOR = re.compile(
    rf"""(?P<quote>{_QUOTE})?(?:\][ \t]{{0,4}})?[ \t]{{0,16}}(?P<sep>:=|=>|=(?!=)|:(?![:/])|%3[dD])(?P<space>\s{{0,40}}|[ \t]{{0,40}})"""
)
_FLAG = re.compile(rf"""(?:{_QUOTE})?(?:[ \t]{{1,8}}|,\s{{0,40}}|\s{{0,8}}\n\s{{0,40}}-[ \t]{{1,8}})(?=\S)""")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)\s{1,4}")
_OPEN = re.compile(_QUOTE)
_BARE = re.compile(r"""[^\s"'&;]{1,128}""")
"""The beginning of a value without quotes, by which it is judged."""
_REST = re.compile(r"""(?:[^\s"'&;]+|&(?![\w.%\[\]-]{1,64}=)|;(?!\s|$|[\w .-]{1,64}=))*""")
"""All of it: `&` and `;` end it where another `name=` follows."""
_LINE = re.compile(r"(?:[^\s#]|[^\S\n]+(?!#)|(?<=\S)#)*")
"""The rest of a line of YAML, without the comment at its end."""
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*(?:#[^\n]*)?\n")
_PLACEHOLDER = re.compile(
    r"""(?i:<[^>\n]{0,60}>|\$[{(]|\{\{|%[sdvq](?![^\s"',;)}\]])|\*{3}|\[?redacted|x{3,}(?!\w)|\.{3}(?!\w)|"""
    r"""(?:env|file|cred|vault|age):|\d{1,9} bytes\b|"""
    r"""(?:null|nil|none|true|false|undefined|unset|empty)(?![^\s"',;)}\]]))|\$[A-Z_][A-Z0-9_]{0,60}(?!\w)"""
)
"""What stands where a secret will be put, or where one was taken away."""
_PATH = re.compile(r"(?:/(?:etc|var|run|usr|home|tmp|opt|mnt|data|secrets?|root|srv|proc|dev|vault|config|app|certs?)/|\./|~/|[A-Za-z]:\\)")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9./]*[a-z0-9])?")
_TALK = re.compile(
    r"(?i)(?:invalid|incorrect|expired?|missing|required|not?|failed|failure|is|was|are|were|must|cannot|can|could|unable|too|wrong|empty|denied|"
    r"unauthorized|authentication|authorization|error|unknown|the|an?|for|from|with|does|has|have|should|bad|short|mismatch|rejected|to|of|in|on|"
    r"or|and|x509|open|eof|context|rpc|permission|https?|token|secret|password|string|strings|stringarray|value|values|file|get|post|use|using|"
    r"set|will|if|illegal|malformed|revoked|ok|yes|found|ready|reading|creating|loading|issued|accepted|ignored|rotated|updated|created|deleted|"
    r"refreshed|renewed|valid|validated|validation|default|defaulted|disabled|enabled|optional|node|rbac|webhook|abac|alwaysallow|kubernetes|"
    r"unexpected|changed|unchanged|at|by|it|you|your|this|that|please|enter)(?![\w-])"
)
"""First words of a message, where a secret could have stood: `invalid token: expired`, `--password string`."""

_PAIR = re.compile(
    rf"""(?<![\w-])name(?:{_QUOTE})?\s{{0,8}}[:=]\s{{0,8}}(?:{_QUOTE})?(?P<name>[\w.-]{{1,256}})(?:{_QUOTE})?\s{{0,8}}[,;]?\s{{0,200}}(?:{_QUOTE})?value(?:{_QUOTE})?\s{{0,8}}[:=]\s{{0,40}}"""
)
_TURNED = re.compile(
    rf"""(?<![\w-])value(?:{_QUOTE})?\s{{0,8}}[:=]\s{{0,8}}(?P<value>{_QUOTE}(?P<in>[^"'\n]{{1,2000}}){_QUOTE}|[^\s"']{{1,2000}})\s{{0,8}},?\s{{0,200}}(?:{_QUOTE})?name(?:{_QUOTE})?\s{{0,8}}[:=]\s{{0,8}}(?:{_QUOTE})?(?P<name>[\w.-]{{1,256}})"""
)
_SECRET_KIND = re.compile(rf"""kind(?:{_QUOTE})?\s{{0,8}}:\s{{0,8}}(?:{_QUOTE})?Secret(?![\w-])""")
_JSON_DATA = re.compile(rf"""{_QUOTE}(?:data|stringData){_QUOTE}\s{{0,8}}:\s{{0,8}}\{{""")
_JSON_ENTRY = re.compile(rf"""\s{{0,200}},?\s{{0,200}}{_QUOTE}[\w.-]{{1,253}}{_QUOTE}\s{{0,8}}:\s{{0,8}}""")
_YAML_DATA = re.compile(r"^([ ]*)(?:data|stringData):[ \t]*\n((?:\1[ ]+[^\n]*(?:\n|$)|[ \t]*\n)*)", re.MULTILINE)
_YAML_ENTRY = re.compile(r"^[ ]*[\w.-]{1,253}:[ \t]*", re.MULTILINE)


def spans(text: str) -> Iterator[Span]:
    """Where values stand whose name says that they are secret, in no promised order."""
    low = text.lower()
    if len(low) != len(text):  # a few capital letters (İ) have two small ones: then places would not agree
        low = "".join(c if len(c) == 1 else "?" for c in map(str.lower, text))
    for stem, words in _STEMS.items():
        at = low.find(stem)
        while at >= 0:
            after = at + len(stem)
            for word in words:
                for span in _named(text, low, word, at):
                    yield span
                    after = max(after, span[1])
            at = low.find(stem, after)
    if "value" in low and "name" in low:
        yield from _pairs(text)
    if "Secret" in text and _SECRET_KIND.search(text):
        yield from _data(text)
    if '"auth' in low or "'auth" in low:
        yield from (found.span(1) for found in _DOCKER_AUTH.finditer(text) if is_basic(found[1]))


_DOCKER_AUTH = re.compile(rf"""{_QUOTE}auth{_QUOTE}\s{{0,8}}:\s{{0,8}}{_QUOTE}([A-Za-z0-9+/=_-]{{8,}})""")


def is_secret_name(name: str) -> bool:
    """Whether a field or variable of this name holds a secret (`DB_PASSWORD`, `api-key`; not `secretName`)."""
    low = name.lower()
    for word in _WORDS:
        at = low.rfind(word.text)
        if at >= 0 and word.after.match(low, at + len(word.text)) and (word.before is None or word.before.search(low, 0, at)):
            return True
    return False


def _named(text: str, low: str, word: _Word, at: int) -> Iterator[Span]:
    tail = word.after.match(low, at + len(word.text))
    if tail is None:
        return
    start = _start_of_name(text, at)
    # `before` sees the name alone, so that its `^` is where the name starts.
    if word.before is not None and not word.before.search(low[start:at]):
        return
    separator = _SEPARATOR.match(text, tail.end())
    if separator is not None:
        loose = _loose(text, separator, start)
        whole = word.strong and not loose and _is_yaml(text, separator, start)
        for begin, end in _value(text, separator.end(), word, start, loose):
            if whole and text[end : end + 1] not in ("'", '"', "\\"):
                yield begin, _further(_LINE, text, end)
            else:
                yield begin, end
    elif text[start : start + 1] == "-" and (flag := _FLAG.match(text, tail.end())) is not None and text[flag.end()] != "-":
        yield from _value(text, flag.end(), word, start, loose=True, flag=True)


def _start_of_name(text: str, at: int) -> int:
    least = max(0, at - _LONGEST_NAME)
    while at > least and (text[at - 1].isalnum() or text[at - 1] in "_.-"):
        at -= 1
    return at


def _loose(text: str, separator: re.Match[str], start: int) -> bool:
    """Whether this may be a sentence rather than a field: `word: ` after other words."""
    if separator["quote"] or separator["sep"] != ":" or not separator["space"]:
        return False
    return bool(_before(text, start).strip(" \t-\"'{,"))


def _is_yaml(text: str, separator: re.Match[str], start: int) -> bool:
    """Whether the line is `name: value` and nothing else: then all of it is the value, as in YAML."""
    field = separator["sep"] == ":" and separator["space"] and not separator["quote"] and "\n" not in separator["space"]
    return bool(field) and not _before(text, start).strip(" \t-")


def _before(text: str, start: int) -> str:
    """What stands before a name in its line; where the line began long before, something."""
    line = text.rfind("\n", max(0, start - 200), start) + 1
    return text[line:start] if line or start < 200 else "."


def _value(text: str, at: int, word: _Word, start: int, loose: bool, *, flag: bool = False) -> Iterator[Span]:
    """The value that begins at `at`, if it is one to hide."""
    if text.startswith("\n", at - 1) and not flag and not _in_json(text, at):
        return
    if (block := _BLOCK.match(text, at)) is not None:
        yield from _block(text, block.end(), start)
        return
    if (opened := _OPEN.match(text, at)) is not None:
        begin, end = opened.end(), _closing(text, opened.end(), opened[0])
        if (scheme := _SCHEME.match(text, begin, end)) is not None:
            begin = scheme.end()
        talk = loose and not word.strong
    else:
        scheme = _SCHEME.match(text, at)
        begin = scheme.end() if scheme else at
        if word.text in ("cookie", "authorization") and not (scheme and scheme[0].lower().startswith(("basic", "bearer"))):
            end = text.find("\n", begin)
            end = len(text) if end < 0 else end
        else:
            end = _bare_end(text, begin)
        talk = loose or not word.strong
    if end > begin and not _PLACEHOLDER.match(text, begin) and _worth_hiding(text[begin:end], word, loose=loose, talk=talk):
        yield begin, max(end, _bare_end(text, begin, _REST)) if opened is None else end


def _further(more: re.Pattern[str], text: str, end: int) -> int:
    found = more.match(text, end)
    return end if found is None else found.end()


def _bare_end(text: str, begin: int, upto: re.Pattern[str] = _BARE) -> int:
    """Where a word without quotes ends: brackets and commas after it belong to what is around it."""
    bare = upto.match(text, begin)
    return begin if bare is None else begin + len(bare[0].rstrip(",)}]>\\"))


def _in_json(text: str, at: int) -> bool:
    return text[at : at + 1] in ('"', "'")


def _worth_hiding(value: str, word: _Word, *, loose: bool, talk: bool) -> bool:
    if _PATH.match(value):
        return False
    if talk and _TALK.match(value):
        return False
    if word.strong:
        return True
    if value.isdigit() and len(value) < 12:
        return False
    if (
        word.text in ("secret", "credential")
        and len(value) < 64
        and _NAME.fullmatch(value)
        and ("-" in value or "/" in value or "." in value)
    ):
        return False  # the name of a Secret, not what is in it
    if word.text == "_auth" or loose:
        return len(value) >= 6 and " " not in value and (any(c.isdigit() for c in value) or len(value) >= 24)
    return len(value) >= 3


def _closing(text: str, start: int, quote: str) -> int:
    """Where the string that `quote` opened ends; at the end of its line when it does not."""
    at, most = start, start + _LONGEST_VALUE
    while (found := text.find(quote, at, most)) >= 0:
        slashes = 0
        while text[found - 1 - slashes] == "\\" and found - slashes > start:
            slashes += 1
        if slashes % 2 == 0 or quote == "'":
            return found
        at = found + len(quote)
    end = text.find("\n", start, most)
    return end if end >= 0 else min(len(text), most)


def _block(text: str, at: int, start: int) -> Iterator[Span]:
    """A YAML block: the lines that follow, as long as they are indented deeper than the name."""
    line = text.rfind("\n", 0, start) + 1
    depth = start - line
    begin = at
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        body = text[at:end]
        if body.strip() and len(body) - len(body.lstrip(" ")) <= depth:
            break
        at = min(len(text), end + 1)
    first = begin + len(text[begin:at]) - len(text[begin:at].lstrip(" \n"))
    last = begin + len(text[begin:at].rstrip())
    if last > first:
        yield first, last


def _pairs(text: str) -> Iterator[Span]:
    """`name: DB_PASSWORD` beside `value: x`, in either order, as containers' environments are written."""
    for found in _PAIR.finditer(text):
        if is_secret_name(found["name"]):
            yield from _value(text, found.end(), _ANY, found.start(), loose=False)
    for found in _TURNED.finditer(text):
        value = found["in"] or found["value"]
        if is_secret_name(found["name"]) and not _PLACEHOLDER.match(value):
            yield found.span("in") if found["in"] else found.span("value")


_ANY = _Word("value", re.compile(""))


def _data(text: str) -> Iterator[Span]:
    """Every value under `data` and `stringData` where the text holds a Secret."""
    for found in _JSON_DATA.finditer(text):
        at = found.end()
        while (entry := _JSON_ENTRY.match(text, at)) is not None:
            opened = _OPEN.match(text, entry.end())
            if opened is None:
                break
            end = _closing(text, opened.end(), opened[0])
            if end > opened.end():
                yield opened.end(), end
            at = end + len(opened[0])
    for found in _YAML_DATA.finditer(text):
        for entry in _YAML_ENTRY.finditer(text, found.start(2), found.end(2)):
            yield from _value(text, entry.end(), _ANY, entry.start() + len(entry[0]) - len(entry[0].lstrip(" ")), loose=False)
