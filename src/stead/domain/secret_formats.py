"""Secrets that are known by how they look, wherever they stand: tokens with a prefix, keys in PEM, passwords in URLs and headers.

Each form names a marker that must be in the text's long words before its pattern is tried, so that a clean text costs little.
Every pattern takes time linear in the text: nothing unbounded stands before something that may fail.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

Span = tuple[int, int]
"""From the first character that must not be shown to the first one after it."""

_ALONE = r"(?<![A-Za-z0-9])"
_APART = r"(?<![\w-])"
"""Before a form whose end may be missing: it can begin only once in a run of letters, so a run is read once."""

_TOKENS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("AKIA", "ASIA", "ABIA", "ACCA"), rf"{_ALONE}(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{{16}}(?![A-Za-z0-9])"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_ALONE}gh[opusr]_[A-Za-z0-9]{{20,}}"),
    (("github_pat_",), rf"{_ALONE}github_pat_\w{{20,}}"),
    (("glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glagent-"), rf"{_ALONE}gl(?:pat|dt|rt|ptt|ft|agent)-[\w-]{{16,}}"),
    (("xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxo-", "xoxr-", "xoxs-", "xapp-"), rf"{_ALONE}(?:xox[abeporsc]|xapp)-[\w-]{{10,}}"),
    ((":AA",), rf"(?:{_ALONE}|(?<=bot))\d{{8,10}}:AA[\w-]{{30,}}"),
    (("sk-",), rf"{_ALONE}sk-(?=[\w-]{{0,60}}\d)[\w-]{{20,}}"),
    (("hvs.", "hvb.", "hvr."), rf"{_ALONE}hv[sbr]\.[\w-]{{20,}}"),
    (("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{20,}"),
    (("npm_",), rf"{_ALONE}npm_[A-Za-z0-9]{{30,}}"),
    (("pypi-",), rf"{_ALONE}pypi-AgE[\w-]{{30,}}"),
    (("AIza",), rf"{_ALONE}AIza[\w-]{{33,}}"),
    (("ya29.",), rf"{_ALONE}ya29\.[\w-]{{20,}}"),
    (("GOCSPX-",), rf"{_ALONE}GOCSPX-[\w-]{{20,}}"),
    (("k_live_", "k_test_", "whsec_"), rf"{_ALONE}(?:[prs]k_(?:live|test)|whsec)_\w{{16,}}"),
    (("tskey-",), rf"{_ALONE}tskey-\w+-[\w-]{{16,}}"),
    (("tk_",), rf"{_ALONE}tk_[a-z0-9]{{29}}(?!\w)"),
    (("hf_",), rf"{_ALONE}hf_[A-Za-z0-9]{{30,}}"),
    (("dckr_",), rf"{_ALONE}dckr_(?:pat|oat)_[\w-]{{20,}}"),
    (("glsa_", "glc_"), rf"{_ALONE}(?:glsa_\w{{32,}}|glc_[\w+/=]{{40,}})"),
    (("dop_v1_", "doo_v1_", "dor_v1_"), rf"{_ALONE}do[opr]_v1_[a-f0-9]{{40,}}"),
    (("SG.",), rf"{_APART}SG\.[\w-]{{16,64}}\.[\w-]{{16,}}"),
    (("eyJ",), rf"{_APART}eyJ[\w-]{{8,}}\.eyJ[\w-]{{8,}}(?:\.[\w-]*)?"),
    (("shpat_", "shpss_", "shppa_"), rf"{_ALONE}shp(?:at|ss|pa)_[a-fA-F0-9]{{32,}}"),
)
"""Prefixes as the issuers document them: AWS IAM unique identifiers, GitHub "token formats", GitLab "token prefixes", Slack "token types",
Telegram Bot API, Vault "token prefixes", age, npm, PyPI, Google, Stripe, Tailscale, ntfy, Hugging Face, Docker Hub, Grafana, DigitalOcean,
SendGrid, RFC 7519 (JWT), Shopify."""

_LONG = re.compile(r"(?<![A-Za-z0-9_.:-])[A-Za-z0-9_.:-]{20,}")
"""Every one of these forms is a word at least so long."""

_FORMS = tuple((markers, re.compile(pattern)) for markers, pattern in _TOKENS)

_DISCORD = re.compile(rf"{_APART}[MNO][\w-]{{22,30}}\.[\w-]{{6}}\.[\w-]{{27,}}")
_DISCORD_MIDDLE = re.compile(r"\.[\w-]{6}\.[\w-]{27}")
"""A bot's token: its id in base64, a time, and a signature. It has no prefix to look for, only this shape."""

_USERINFO = re.compile(
    r"""://[^\s:/@\[\]"'<>]{0,256}:(?!\d{1,5}(?:[/?#\s"']|$))(?=([^\s"'<>/]{1,4096}@|[^\s"'<>@]{1,256}@))|://(?=([A-Za-z0-9_-]{20,512}@))"""
)
"""`user:password@` (RFC 3986, 3.2.1), or one long word before the `@`; a port is no password."""

_HOOKS = re.compile(r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w/-]{10,}|(?<=/api/webhooks/)\d{5,25}/[\w-]{20,}")
"""Addresses that are a secret by themselves: Slack's and Discord's incoming webhooks."""

_SCHEME = re.compile(r"""(?i)\b(bearer|basic)(?:\s{1,8}|%20)([\w.~+/-]{8,}={0,2})(?![\w=])""")
"""The two authentication schemes that carry a secret as it is: RFC 6750 and RFC 7617."""

_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(r"""(?:(?:\\[nr]|[\s"'+|>]){0,80}[A-Za-z0-9+/=]{20,})*(?:(?:\\[nr]|\s){1,80}[A-Za-z0-9+/]{1,76}={1,2})?""")
_PEM_LONGEST = 20_000
"""Characters between BEGIN and END: a 16384-bit RSA key has 13,000."""
_ENCODED_PEM = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,}={0,2}")

_COMMANDS: dict[str, tuple[re.Pattern[str], ...]] = {
    "curl": (
        re.compile(r"""\bcurl\b[^\n]{0,200}?[\s"'](?:-u|-U|--user|--proxy-user)[=\s"',]{0,8}[^\s:"',]{0,100}:([^\s"']+)"""),
        re.compile(
            r"""\bcurl["']?[ \t]{0,8}\n(?:[^\n]{0,120}\n){0,12}?[ \t]{0,40}-[ \t]{1,8}["']?(?:-u|--user)["']?[ \t]{0,8}\n"""
            r"""[ \t]{0,40}-[ \t]{1,8}["']?[^\s:"']{0,100}:([^\s"']+)"""
        ),
    ),
    "wget": (re.compile(r"""\bwget\b[^\n]{0,200}?--(?:http-|ftp-)?password[=\s]([^\s"']+)"""),),
    "mysql": (re.compile(r"""\bmysql(?:dump|admin|import|show)?\b[^\n]{0,200}?[\s"']-p([^\s"',]{3,})"""),),
    "mariadb": (re.compile(r"""\bmariadb(?:-dump|-admin|-import|-show)?\b[^\n]{0,200}?[\s"']-p([^\s"',]{3,})"""),),
    "sshpass": (re.compile(r"""\bsshpass\b[\s"',]{1,8}-p[\s"',]{0,8}([^\s"',]+)"""),),
    "redis-cli": (re.compile(r"""\bredis-cli\b[^\n]{0,200}?[\s"']-a[\s"',]{1,8}([^\s"',]+)"""),),
    "login": (
        re.compile(r"""\b(?:docker|podman|helm|crane|skopeo)\b[^\n]{0,60}?\blogin\b[^\n]{0,200}?[\s"']-p[\s"',]{1,8}([^\s"',]+)"""),
        re.compile(r"""\bmachine\s{1,8}\S{1,255}\s{1,8}login\s{1,8}\S{1,255}\s{1,8}password\s{1,8}(\S+)"""),
    ),
    "IDENTIFIED": (re.compile(r"""\bIDENTIFIED (?:WITH \S{1,60} )?BY (?:PASSWORD )?'([^'\n]{1,500})'"""),),
    "PASSWORD '": (re.compile(r"""\bPASSWORD '([^'\n]{1,500})'"""),),
    "</": (re.compile(r"""(?i)<[\w:.-]{0,40}(?:password|passwd|secret|token|apikey)>([^<\n]{1,500})</"""),),
}
"""Programs that take a secret as a bare argument, .netrc, SQL, and XML; group 1 is the secret."""


def spans(text: str) -> Iterator[Span]:
    """Where secrets of a known form stand in `text`, in no promised order."""
    words = "\n".join(_LONG.findall(text))
    for markers, pattern in _FORMS:
        if any(marker in words for marker in markers):
            yield from (found.span() for found in pattern.finditer(text))
    if _DISCORD_MIDDLE.search(words):
        yield from (found.span() for found in _DISCORD.finditer(text))
    if "://" in text:
        yield from (found.span() for found in _HOOKS.finditer(text))
        if "@" in text:
            yield from (_before_at(found) for found in _USERINFO.finditer(text))
    yield from _schemes(text)
    if "PRIVATE KEY" in text:
        yield from _pem(text)
    if "LS0tLS1CRUdJTi" in text:
        yield from (found.span() for found in _ENCODED_PEM.finditer(text) if b"PRIVATE" in _decoded(found[0][:64]))
    for marker, patterns in _COMMANDS.items():
        if marker in text:
            yield from (found.span(1) for pattern in patterns for found in pattern.finditer(text) if not found[1].isdigit())


def is_basic(word: str) -> bool:
    """Whether this is `user:password` in base64."""
    user, colon, password = _decoded(word).partition(b":")
    return bool(colon and user + password) and all(32 <= byte < 127 for byte in user)


def _before_at(found: re.Match[str]) -> Span:
    group = 1 if found[1] is not None else 2
    start, end = found.span(group)
    return start, end - 1


def _schemes(text: str) -> Iterator[Span]:
    if not any(word in text for word in ("earer", "EARER", "asic ", "ASIC ")):
        return
    for found in _SCHEME.finditer(text):
        word = found[2]
        if is_basic(word) if found[1].lower() == "basic" else len(word) >= 24 or any(c.isdigit() for c in word):
            yield found.span(2)


def _pem(text: str) -> Iterator[Span]:
    """From BEGIN to END; where the END is cut off, as far as it goes on like a key."""
    at = 0
    while (begin := _PEM.search(text, at)) is not None:
        following = text.find("-----BEGIN", begin.end(), begin.end() + _PEM_LONGEST)
        end = _PEM_END.search(text, begin.end(), following if following >= 0 else begin.end() + _PEM_LONGEST)
        if end is not None:
            at = end.end()
            yield begin.end(), end.start()
            continue
        body = _PEM_BODY.match(text, begin.end())
        at = max(begin.end(), body.end() if body else 0)
        if at > begin.end():
            yield begin.end(), at


def _decoded(word: str) -> bytes:
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4))
    except (ValueError, binascii.Error):
        return b""
