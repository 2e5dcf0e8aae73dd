"""Output templates (`docker inspect --format`): only fields that say how something is, never its configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class
from stead.domain.commands.scripts.judged import Judged

_FIELDS = re.compile(
    r"\.(?:Id|Name|Created|Image|RestartCount|Platform|Driver|State(?:\.(?!Health\.Log)\w+)*|SizeRw|SizeRootFs|LogPath|Mounts|Architecture|Size"
    r"|NetworkSettings(?:\.\w+)*|HostConfig\.(?:RestartPolicy(?:\.\w+)*|Memory|NanoCpus|CpuShares|NetworkMode|LogConfig\.Type|Privileged))"
)


def template(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    for word in words:
        for action in re.findall(r"\{\{(.*?)\}\}", word, re.DOTALL):
            if not _FIELDS.fullmatch(action.strip()):
                judged.say(Class.SECRET, f"`{action.strip()[:40]}` may show the environment of a container")
        if word.count("{{") != word.count("}}") or "{{" not in word:
            judged.say(Class.SECRET, f"`{word[:40]}` may show the environment of a container")
    return judged
