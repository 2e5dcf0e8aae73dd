"""What controllers call things: condition types, reasons and phases, sorted into good and bad by the words they are made of.

The vocabulary is that of the Kubernetes API conventions (typical status properties), of kstatus (sigs.k8s.io/cli-utils), and of what
the controllers' own documentation uses. A word that is in none of the lists says nothing: nothing is ever called sick by a guess.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise


class Polarity(StrEnum):
    """SUMMARY and PART are good when True (the whole object, one side of it), BAD is bad when True, PROGRESS is under way when True."""

    SUMMARY = "summary"
    PART = "part"
    BAD = "bad"
    PROGRESS = "progress"
    NONE = "none"


class Tone(StrEnum):
    """What a reason or a phase says: it FAILED, it WAITS for something, it was STOPPED on purpose, it is GOOD (or done), or nothing."""

    FAILED = "failed"
    DOWN = "down"
    WAITS = "waits"
    STOPPED = "stopped"
    GOOD = "good"
    NONE = "none"


def vocabulary(text: str) -> frozenset[str]:
    """Words, told apart by blanks."""
    return frozenset(text.split())


SUMMARIES = vocabulary(
    "Ready Available Healthy Synced Accepted Programmed ResolvedRefs Reconciled Succeeded Valid Validated Connected Registered Installed "
    "Deployed Released Online Operational Reachable LastAsyncOperation"
)
PROGRESSES = vocabulary(
    "Reconciling Progressing Updating Upgrading Provisioning Creating Deleting Initializing Installing Bootstrapping Starting Deploying "
    "Scaling ScalingUp ScalingDown RollingOut Rebalancing Rebuilding Resizing Expanding Restoring Migrating Recovering Remediating Syncing "
    "Issuing Terminating"
)
_BAD = vocabulary(
    "Degraded Stalled Stuck Failed Failure Error Errored Unhealthy Unavailable Faulted Corrupted Conflicted Unreachable Disconnected "
    "Unschedulable ReplicaFailure Broken Crashed Misconfigured Rejected Denied Expired Lost Missing Dead Down Fatal TimedOut Exhausted"
)
_BAD_ENDS = vocabulary(
    "error errors failed failure failures failing pressure degraded unavailable unhealthy stalled stuck unreachable conflict conflicts "
    "conflicted invalid rejected denied exceeded exhausted terminal broken crashed misconfigured mismatch missing expired lost timeout"
)
_GOOD_ENDS = vocabulary(
    "ready available healthy synced reconciled succeeded success valid validated accepted reachable connected initialized provisioned "
    "established operational authenticated programmed serving"
)
PAUSES = vocabulary("Paused Suspended Hibernated Hibernating Stopped Disabled ReconciliationPaused ReconcilePaused")
_OCCASIONS = vocabulary(
    "update upgrade upgradeable new version partial partially restore backup migration failover scale scaling delete deletion cleanup "
    "rollback snapshot standby maintenance drain eviction switchover"
)
"""Words of condition types that are False in quiet times: no update is available, no failover is ready."""
_NEGATIONS = vocabulary("no not non without")
_PAST = vocabulary("last previous previously was had recovered ignore ignored allow allowed on")

_FAILED = vocabulary(
    "failed failure failures fail failing error errored errors invalid denied unauthorized forbidden rejected unhealthy degraded expired "
    "unsupported misconfigured missing refused broken lost mismatch mismatched incompatible conflict conflicts conflicted conflicting "
    "exceeded aborted backoff crash crashed crashing unreachable timeout unable cannot fatal faulted stalled corrupted corrupt panicked "
    "unresolved unparseable crashloopbackoff oomkilled errimagepull imagepullbackoff"
)
_FAILED_PAIRS = frozenset(
    (("not", "found"), ("not", "exist"), ("not", "permitted"), ("not", "allowed"), ("timed", "out"), ("not", "authorized"), ("back", "off"))
)
_NOT_READY = ("not", "ready")
_DOWN = vocabulary("down unavailable disconnected red critical yellow dead offline notready unready")
_WAITS = vocabulary(
    "progressing progress pending creating waiting wait reconciling initializing initialising restarting provisioning updating installing "
    "upgrading deploying starting issuing scheduling queued processing running requested scaling rolling syncing verifying building "
    "downloading deleting terminating bootstrapping joining restoring migrating rebuilding resizing retrying awaiting started configuring "
    "stopping attaching detaching importing cloning finalizing new unknown switchover recovering renewing refreshing"
)
_STOPPED = vocabulary("suspended paused stopped halted disabled hibernated hibernating hibernation sleeping idle maintenance inactive")
_GOOD = vocabulary(
    "ready running active available healthy succeeded success successful successfully completed complete bound ok online synced deployed "
    "established normal green valid attached reconciled installed created applied connected up finished done stable operational"
)
_BIRTH = vocabulary(
    "pending creating provisioning initializing initialising new queued waiting scheduling bootstrapping installing deploying"
)
_DONE = vocabulary("completed succeeded finished complete done")
_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


@lru_cache(4096)
def tokens(text: str) -> tuple[str, ...]:
    """`DependencyNotReady`, `not-ready` and `Not ready` as lower-case words."""
    return tuple(word.lower() for word in _TOKEN.findall(text))


@lru_cache(4096)
def polarity(type_: str) -> Polarity:
    """What it means when a condition of this type is True."""
    name = type_.rpartition("/")[2]
    if name in SUMMARIES:
        return Polarity.SUMMARY
    if name in PROGRESSES:
        return Polarity.PROGRESS
    if name in _BAD:
        return Polarity.BAD
    words = tokens(name)
    if not words or words[0] in _PAST:
        return Polarity.NONE
    if _NEGATIONS.intersection(words):
        return Polarity.BAD if words[-1] in _GOOD_ENDS else Polarity.NONE
    if words[-1] in _BAD_ENDS or words[0] == "failed":
        return Polarity.BAD
    return Polarity.PART if words[-1] in _GOOD_ENDS and not tells_nothing(name) else Polarity.NONE


@lru_cache(4096)
def tells_nothing(type_: str) -> bool:
    """Whether a condition of this type is False, or True, in quiet times too: about the past, or about something that need not happen."""
    words = tokens(type_)
    return not words or words[0] in _PAST or bool(_OCCASIONS.intersection(words))


@lru_cache(4096)
def tone_of_reason(reason: str) -> Tone:
    """What the reason of a condition that is not as it should be says of why."""
    words = tokens(reason)
    if _FAILED.intersection(words) or _FAILED_PAIRS.intersection(pairwise(words)):
        return Tone.FAILED
    if _STOPPED.intersection(words) or words in (("no", "traffic"), ("scaled", "to", "zero"), ("deactivated",)):
        return Tone.STOPPED
    if _WAITS.intersection(words) or _NOT_READY in pairwise(words):
        return Tone.WAITS
    return Tone.GOOD if is_done(reason) else Tone.NONE


@lru_cache(4096)
def is_birth(phase: str) -> bool:
    """Whether a phase is one that an object has before it is anything else."""
    return bool(_BIRTH.intersection(tokens(phase)))


@lru_cache(4096)
def is_done(phase: str) -> bool:
    """Whether a phase says that there is nothing left to do."""
    words = tokens(phase)
    return bool(words) and words[-1] in _DONE and not _NEGATIONS.intersection(words)


@lru_cache(4096)
def tone_of_phase(phase: str) -> Tone:
    """What a phase, a state or a health says. A long sentence says nothing: only its author knows which word of it counts."""
    words = tokens(phase)
    first, last = (words[0], words[-1]) if words else ("", "")
    if not words or len(words) > 6 or first in _NEGATIONS or len(phase) > 80:
        return Tone.WAITS if words in (_NOT_READY, ("not", "started")) else Tone.NONE
    if _NEGATIONS.intersection(words):
        return Tone.NONE
    if _FAILED.intersection(words):
        return Tone.FAILED
    if _STOPPED.intersection(words):
        return Tone.STOPPED
    if last in _DOWN:
        return Tone.DOWN
    if last in _GOOD and len(words) <= 2:
        return Tone.GOOD
    return Tone.WAITS if _WAITS.intersection(words) else Tone.NONE
