"""What the checks of Kubernetes objects share: commands to paste, conditions, and time that cannot overflow."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Condition, Conditions, Object

SETTLE = timedelta(minutes=5)
"""How long a pod or a workload may take to come up before it counts as stuck: the longest back-off of the kubelet
(MaxContainerBackOff, 300 s), so a retry that would have helped has had its turn."""

GRACE = timedelta(minutes=1)
"""For what a kubelet or a controller retries within seconds, and what is often created a moment late (a ConfigMap)."""

MESSAGE_LIMIT = 500
_END = datetime.max.replace(tzinfo=UTC)


def after(when: datetime, wait: timedelta) -> datetime:
    """`when` + `wait`; the end of time where that lies beyond it (a hostile or absurd timestamp is no crash)."""
    try:
        return when + wait
    except OverflowError:
        return _END


def condition(conditions: Conditions, type_: str) -> Condition | None:
    for found in conditions:  # a loop, not `next` over a generator: asked of ten thousand pods, several times
        if found.type == type_:
            return found
    return None


def is_true(conditions: Conditions, type_: str) -> bool:
    found = condition(conditions, type_)
    return found is not None and found.status == "True"


def latest(*times: datetime | None) -> datetime | None:
    """The newest of the times that are known."""
    return max((time for time in times if time is not None), default=None)


def unless_by(finding: Finding, start: datetime | None, wait: timedelta, now: datetime) -> Finding | Progressing:
    """A fault once `wait` has passed since `start`; before that, something that may still come right.

    Without a start nobody can say how long it has lasted: then it is a fault.
    """
    if start is None or now >= (until := after(start, wait)):
        return finding
    return Progressing(until=until, finding=finding)


def kubectl_get(obj: Object, jsonpath: str = "") -> str:
    """The line that shows `obj`, or the part of it that `jsonpath` (without braces) names."""
    kind, meta = kind_of(type(obj)), obj.metadata
    name = kind.resource if kind.custom or kind.group == "cert-manager.io" else kind.kind.lower()
    scope = ["-n", meta.namespace] if meta.namespace else []
    part = ["-o", f"jsonpath={{{jsonpath}}}"] if jsonpath else []
    return joined("kubectl", *scope, "get", name, meta.name, *part)


_quoted = lru_cache(maxsize=4096)(shlex.quote)


def joined(*words: str) -> str:
    """As `shlex.join`, which looks at each word anew: a thousand findings say the same words."""
    return " ".join(map(_quoted, words))


def said(obj: Object, what: str, message: str, jsonpath: str = "") -> tuple[Evidence, ...]:
    """Somebody else's words (a condition's or a state's message) as tainted evidence; nothing where nothing was said."""
    if not message:
        return ()
    return (Evidence(what=what, value=message[:MESSAGE_LIMIT], command=kubectl_get(obj, jsonpath), tainted=True),)


def condition_seen(obj: Object, found: Condition) -> tuple[Evidence, ...]:
    """A condition as evidence: its status and reason, and its message as what somebody said."""
    path = f'.status.conditions[?(@.type=="{found.type}")]'
    value = f"{found.status}, {found.reason}" if found.reason else found.status or "(none)"
    seen = Evidence(what=f"condition {found.type}", value=value, command=kubectl_get(obj, path))
    return (seen, *said(obj, f"message of {found.type}", found.message, f"{path}.message"))
