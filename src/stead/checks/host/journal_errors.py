"""Programs that write the same error into the journal, again and again."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host import journal
from stead.checks.host.common import host, odd_output
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.ports import HostCommands

MINUTES, TIMES, MOST = 15, 20, 10
"""Twenty alike in a quarter of an hour are a burst; one error now and then is every host's life. At most ten bursts are told."""

QUIET = frozenset({"sshd", "sshd-session", "sudo", "su", "audit"})
"""Their errors are somebody else's wrong passwords and half-open connections: the weather of the internet, not a fault of the host."""

_VARIABLE = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|\d+")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,255}\.(service|socket|mount|timer)")


@dataclass(frozen=True, slots=True, order=True)
class Cluster:
    """Errors that differ only in numbers: who wrote them, and their common form."""

    speaker: str
    form: str


@host_check(every=timedelta(minutes=5))
async def journal_errors(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """One program wrote the same message of level `err` or worse at least 20 times in 15 minutes; numbers in it may differ."""
    read = await journal.entries(commands, MINUTES, "-p", "err")
    if read is None:
        return ()
    entries, odd = read
    bursts = {cluster: said for cluster, said in clusters(entries).items() if len(said) >= TIMES}
    worst = sorted(bursts, key=lambda cluster: (-len(bursts[cluster]), cluster))[:MOST]
    found = [_finding(cluster, bursts[cluster], estate) for cluster in worst]
    return [*found, odd_output("journal_errors", estate, journal.command(MINUTES, "-p", "err"), odd[0], now)] if odd else found


def clusters(entries: Iterable[journal.Entry]) -> dict[Cluster, list[journal.Entry]]:
    """What programs said, folded by its form. The kernel's own words are another check's."""
    found: defaultdict[Cluster, list[journal.Entry]] = defaultdict(list)
    for entry in entries:
        if entry.transport == "kernel" or entry.identifier in QUIET or not entry.message.strip():
            continue
        found[Cluster(entry.unit or entry.identifier, form(entry.message))].append(entry)
    return dict(found)


def form(message: str) -> str:
    """The first line of a message, its numbers and addresses replaced."""
    first = next(line for line in [*message.strip().splitlines(), ""])
    return " ".join(_VARIABLE.sub("#", first[:300]).split())[:80]


def _finding(cluster: Cluster, said: Sequence[journal.Entry], estate: str) -> Finding:
    is_unit = _UNIT.fullmatch(cluster.speaker) is not None
    chosen = ["-u", cluster.speaker] if is_unit else ["-t", cluster.speaker]
    last = max(said, key=lambda entry: entry.at)
    command = shlex.join(["journalctl", "--no-pager", "-n50", "-p", "err", *chosen])
    return Finding(
        check="journal_errors",
        subject=Subject(estate=estate, api_version="host.stead/v1", kind="Unit", name=cluster.speaker) if is_unit else host(estate),
        reason="ErrorBurst",
        summary=f"{cluster.speaker or 'somebody'} wrote the same error {len(said)} times in {MINUTES} minutes",
        container=cluster.form if is_unit else f"{cluster.speaker}: {cluster.form}",
        evidence=(Evidence(what="the last of them", value=" ".join(last.message.split())[:500], command=command, tainted=True),),
        since=min(entry.at for entry in said),
    )
