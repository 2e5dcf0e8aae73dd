"""jq and yq: filters read; the environment is secret; other files are unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class
from stead.domain.commands.scripts.judged import Judged

_ENVIRONMENT = re.compile(r"\$ENV|\$__prog|(?<![.\w$\"-])(?:env|strenv|envsubst)\b")
_FILES = re.compile(
    r"(?<![.\w$\"-])(?:import|include|input_filename|load|load_str|load_xml|load_props|load_base64|get_search_list|modulemeta|system)\b"
)


def jq(words: Sequence[str], rule: str) -> Judged:
    """jq 1.8 manual: `env`, `$ENV`, modules."""
    judged = Judged(rule)
    for word in words:
        if _ENVIRONMENT.search(word):
            judged.say(Class.SECRET, "its filter shows the environment")
        if _FILES.search(word):
            judged.say(Class.UNKNOWN, "its filter reads other files")
    return judged


def yq(words: Sequence[str], rule: str) -> Judged:
    """yq 4: the same words, as operators; `eval` and `e` may stand before the filter."""
    return jq(words, rule)
