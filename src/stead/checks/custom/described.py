"""What a definition says of its condition types in plain words: `"Wilted": the plant lacks water` makes True bad.

The forms are those that controllers' authors write: a list of names with a colon or a dash (as kubebuilder's template has it), `Name is
true when …`, `Name indicates whether …`, and the polarity by its name (normal-true, abnormal-true).
https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties

Promise: words that say both, or neither, say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from stead.checks.custom.words import Polarity, polarity, tells_nothing, vocabulary

_NAME = r"[\"'`*“]{0,3}(?P<name>[A-Z][A-Za-z0-9]{2,59})[\"'`*”]{0,3}(?:\s+(?:condition|type))?"
_VERB = r"(?:is|means|indicates|signals|denotes|reports|tells|shows|will be|gets|set)"
_SAID = re.compile(
    rf"(?:^|(?<=[\s\"'`*“(-])){_NAME}\s*(?::|–|—|=|\s-\s|(?=\s{_VERB}\b))\s*(?P<says>[^\n.;]{{3,300}})",
    re.MULTILINE,
)
_NAMED = re.compile(
    r"(?P<pole>abnormal[- ]true|negative[- ]polarity|normal[- ]true|positive[- ]polarity)[^\n.]{0,80}:(?P<names>[^\n.]{1,500})",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[A-Z][A-Za-z0-9]{2,59}")
_FALSE = re.compile(rf"^{_VERB}?\s*(?:set to\s+)?[\"'`]?false\b", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z]+")

_BAD = vocabulary(
    "fail failed fails failing failure failures error errors cannot "
    "unable lacks problem problems unhealthy degraded stuck broken unavailable "
    "unreachable invalid missing lost crashed rejected denied expired exceeded impaired wrong misconfigured incorrect"
)
_DENIALS = frozenset(("not", "no", "never", "without"))
_GOOD = vocabulary(
    "ready available healthy functional functioning successfully success succeeded "
    "able operational reachable serving valid established synced "
    "synchronized running works working accepted reconciled complete completed expected"
)
_UNDER_WAY = vocabulary("progress being updating creating provisioning reconciling rolling starting")


@lru_cache(1024)
def told(text: str) -> Mapping[str, Polarity]:
    """The polarity of each condition type that these sentences explain, and that its name alone does not tell."""
    found = {name: pole for name, pole in _told(text) if polarity(name) is Polarity.NONE and not tells_nothing(name)}
    return {name: pole for name, pole in found.items() if pole is not Polarity.NONE}


def _told(text: str) -> Iterator[tuple[str, Polarity]]:
    for sentence in _SAID.finditer(text):
        yield sentence["name"], _meaning(sentence["says"])
    for line in _NAMED.finditer(text):
        pole = Polarity.BAD if line["pole"].lower().startswith(("abnormal", "negative")) else Polarity.PART
        for name in _QUOTED.findall(line["names"]):
            yield name, pole


def _meaning(says: str) -> Polarity:
    """What it means that a condition is True, by what is said of it."""
    words = frozenset(_TOKEN.findall(says.lower()))
    good, bad = bool(_GOOD & words), bool(_BAD & words)
    if good and _DENIALS & words:
        good, bad = False, True
    if good and bad:
        return Polarity.NONE
    if _FALSE.match(says):
        return Polarity.PART if bad else Polarity.BAD if good else Polarity.NONE
    if bad:
        return Polarity.BAD
    return Polarity.PROGRESS if _UNDER_WAY & words else Polarity.PART if good else Polarity.NONE
