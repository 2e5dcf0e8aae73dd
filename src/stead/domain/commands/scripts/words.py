"""Command lines that follow no convention of flags: ps, tar, and the addresses that curl is given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class
from stead.domain.commands.places import is_secret
from stead.domain.commands.scripts.judged import Judged

_PS_LONG = re.compile(
    r"--(?:sort=[-+\w,%]+|no-headers?|headers?|forest|(?:ppid|pid|user|group|tty|sid)=?[\w,]*|cols=\d+|width=\d+|version|deselect)"
)
_PS_SHORT = re.compile(r"-(?:[aAdefFHjlLMTVwxyZ]*(?:[opuUCtgGsqk][\w,.:=%+-]*)?)")
_PS_BSD = re.compile(r"[aufxjlrwhTmsvX]*(?:[opUtk][\w,.:=%+-]*)?")


def ps(words: Sequence[str], rule: str) -> Judged:
    """ps(1): an `e` without a dash shows the environment of each process."""
    judged = Judged(rule)
    value = False
    for word in words:
        if "environ" in word.casefold():
            judged.say(Class.SECRET, "it shows the environment of processes")
        elif value or word.isdecimal():
            value = False
        elif re.fullmatch(r"[A-Za-z]+", word) and "e" in word and not _PS_BSD.fullmatch(word):
            judged.say(Class.SECRET, f"`{rule} {word}` shows the environment of processes")
        elif any(form.fullmatch(word) for form in (_PS_LONG, _PS_SHORT, _PS_BSD)):
            value = bool(re.fullmatch(r"-[A-Za-z]*[opuUCtgGsqk]|[aufxjlrwhTmsvX]*[opUtk]", word))
        else:
            judged.say(Class.UNKNOWN, f"`{rule}` has no known flag `{word[:40]}`")
    return judged


_TAR_WRITE = frozenset("cxruAd")
_TAR_ALONE = frozenset("tvzjJZapRwOSkmn") - frozenset("wOkm")
_TAR_LONG = re.compile(
    r"--(?:list|verbose|gzip|gunzip|bzip2|xz|zstd|lzma|auto-compress|wildcards|force-local|numeric-owner|full-time|utc|absolute-names"
    r"|(?:directory|exclude|strip-components)=.*)",
    re.DOTALL,
)
_TAR_LONG_WRITE = frozenset(("--extract", "--get", "--create", "--append", "--update", "--delete", "--concatenate", "--catenate", "--diff"))


def tar(words: Sequence[str], rule: str) -> Judged:
    """GNU tar's manual, "The Three Option Styles": only listing reads."""
    judged = Judged(rule)
    listing, values = False, 0
    for n, word in enumerate(words):
        if values:
            _archive(word, words, judged)
            values -= 1
        elif word.startswith("--"):
            listing |= word == "--list"
            _tar_long(word, words, judged)
        elif word.startswith("-") or n == 0:
            letters = word.removeprefix("-")
            attached = letters.partition("f")[2] if word.startswith("-") else ""
            shown = letters.partition("f")[0] + ("f" if "f" in letters else "") if attached else letters
            listing |= "t" in shown
            values = _letters(shown, judged)
            if attached:
                _archive(attached, words, judged)
                values -= 1
    if not listing:
        judged.say(Class.UNKNOWN, f"`{rule}` without `-t` is not known to read only")
    return judged


def _letters(letters: str, judged: Judged) -> int:
    """How many words that follow are values."""
    for letter in letters:
        if letter in _TAR_WRITE:
            judged.say(Class.WRITE, f"`tar -{letter}` is write")
        elif letter not in _TAR_ALONE and letter not in "fC":
            judged.say(Class.UNKNOWN, f"`tar` has no known flag `-{letter}`")
    return sum(letters.count(letter) for letter in "fC")


def _tar_long(word: str, words: Sequence[str], judged: Judged) -> None:
    name, _, value = word.partition("=")
    if name in _TAR_LONG_WRITE:
        judged.say(Class.WRITE, f"`tar {name}` is write")
    elif name == "--file" and value:
        _archive(value, words, judged)
    elif not _TAR_LONG.fullmatch(word):
        judged.say(Class.UNKNOWN, f"`tar` has no known flag `{name[:40]}`")


def _archive(word: str, words: Sequence[str], judged: Judged) -> None:
    if ":" in word and "--force-local" not in words:
        judged.say(Class.UNKNOWN, f"`{word[:40]}` lies on another machine")
    if is_secret(word):
        judged.say(Class.SECRET, f"`{word[:40]}` is where secrets are kept")


_NUMBER = r"(?:0|[1-9]\d{0,2})"
_NAME = r"(?!0x|ftp\.|dict\.|ldap\.|imap\.|smtp\.|pop3\.)[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*|\.\w*[A-Za-z-][\w-]*)*\.?"
_HOST = rf"(?:{_NUMBER}(?:\.{_NUMBER}){{3}}|{_NAME})"
_URL = re.compile(rf"(?:https?://)?{_HOST}(?::\d{{1,5}})?(?:[/?#][^\[\]{{}}\\\s]*)?")
_SECRET_URL = re.compile(
    r"169\.254\.169\.254|169\.254\.170\.|metadata\.google|100\.100\.100\.200|/v1/kv/|/v2/keys|/v3/kv|/actuator/(?:env|heapdump|configprops)|/\.env|/\.git/"
    r"|/secrets?(?:/|$|\?)|/containers/[^/]+/json|/v1/secret|/latest/meta-data|/latest/user-data",
    re.IGNORECASE,
)


def url(words: Sequence[str], rule: str) -> Judged:
    """Addresses of web servers, written plainly: no other scheme, no name and password, no pattern, no machine's metadata."""
    judged = Judged(rule)
    if not words:
        judged.say(Class.UNKNOWN, f"`{rule}` needs an address")
    for word in words:
        if re.match(r"file:", word, re.IGNORECASE) and is_secret(re.sub(r"^file:/*", "/", word, flags=re.IGNORECASE)):
            judged.say(Class.SECRET, f"`{word[:60]}` is where secrets are kept")
        elif _SECRET_URL.search(word):
            judged.say(Class.SECRET, f"`{word[:60]}` shows what is secret")
        elif not _URL.fullmatch(word):
            judged.say(Class.UNKNOWN, f"`{word[:60]}` is no plain address of a web server")
    return judged
