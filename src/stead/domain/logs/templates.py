"""What two messages have in common when only numbers and names in them differ: `timeout after 30s` and `timeout after 31s` are one."""

from __future__ import annotations

import re

_VARYING = re.compile(
    r"""
      (?P<time>\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?|\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)
    | (?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)
    | (?P<address>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\[[0-9a-fA-F:]{2,45}\](?::\d{1,5})?)
    | (?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[a-f]{0,64}\d)[0-9a-f]{8,64}\b)
    | (?P<number>(?<![A-Za-z])\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m|h|%|[KMG]i?B?)?(?![A-Za-z]))
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s+")
LONGEST = 300
"""Characters by which messages are told apart."""


def template(message: str) -> str:
    """The message with a `*` for each part that varies from one time to the next."""
    return _VARYING.sub("*", _SPACE.sub(" ", message[:LONGEST])).strip()
