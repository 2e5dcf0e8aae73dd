"""iSCSI sessions that have lost their target, and targets that should be logged into at the start and are not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, is_forbidden, refused
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

SESSIONS = ("iscsiadm", "-m", "session", "-P", "1")
NODES = ("iscsiadm", "-m", "node")
START = ("iscsiadm", "-m", "node", "-o", "show")

NONE_ACTIVE = 21
"""ISCSI_ERR_NO_OBJS_FOUND of iscsiadm(8): no sessions, or no records."""

MOST = 200
"""Sessions and records that are told: a host has a handful."""

_TARGET = re.compile(r"Target:\s+(\S{1,223})")
"""An iSCSI name has 223 bytes at most (RFC 7143, 4.2.7.1)."""
_PORTAL = re.compile(r"Current Portal:\s+(\S{1,300})")
_STATE = re.compile(r"iSCSI (Connection|Session) State:\s+(.{1,60})")
_RECORD = re.compile(r"node\.name\s*=\s*(\S{1,223})")
_AUTOMATIC = re.compile(r"node\.startup\s*=\s*(automatic|onboot)\s*")


@dataclass(slots=True)
class Session:
    """`connection` and `session` are the initiator's own words (`LOGGED IN`, `FAILED`), "" where it does not tell."""

    target: str
    portal: str = ""
    connection: str = ""
    session: str = ""

    @property
    def is_well(self) -> bool:
        """What is not told is no fault."""
        return self.connection in ("", "LOGGED IN") and self.session in ("", "LOGGED_IN")


@host_check(every=timedelta(minutes=2))
async def iscsi(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """An iSCSI session is not logged in any more, or a target with automatic start has no session: its disks are gone or about to be."""
    said = await _said(commands, SESSIONS)
    if said is None:
        return ()
    sessions = parse_sessions(said)
    if said.strip() and not sessions:
        raise BlindError("`iscsiadm` answered with something that are no sessions", reason="Malformed", command=shlex.join(SESSIONS))
    found = [_lost(session, estate) for session in sessions if not session.is_well]
    there = {session.target for session in sessions}
    try:
        wanted = parse_automatic(await _said(commands, START) or "")
    except BlindError as error:
        # Many a system comes with iscsiadm: where nobody uses it, that its records are root's is nothing to be told.
        if sessions or error.reason != "Forbidden":
            raise
        wanted = []
    return [*found, *(_missing(target, estate) for target in wanted if target not in there)]


async def _said(commands: HostCommands, argv: tuple[str, ...]) -> str | None:
    """None without the program; "" where there is nothing. BlindError when it may not be asked."""
    done = await ask(commands, argv)
    if done is None:
        return None
    if done.code in (0, NONE_ACTIVE):
        return done.stdout if done.code == 0 else ""
    if is_forbidden(done):
        raise BlindError("this user may not ask iscsiadm", reason="Forbidden", command=shlex.join(argv))
    raise refused(argv, done)


def parse_sessions(text: str) -> list[Session]:
    """`iscsiadm -m session -P 1` → a session for each portal of each target, in its order."""
    found: list[Session] = []
    target = ""
    for line in text.splitlines():
        if named := _TARGET.match(line.strip()):
            target = named[1]
        elif target and (portal := _PORTAL.match(line.strip())):
            found.append(Session(target, portal[1].partition(",")[0]))
        elif found and (state := _STATE.match(line.strip())):
            setattr(found[-1], state[1].lower(), state[2].strip())
    return found[:MOST]


def parse_automatic(text: str) -> list[str]:
    """`iscsiadm -m node -o show` → the targets that are logged into at the start, once each."""
    return list(dict.fromkeys(_automatic(text)))[:MOST]


def _automatic(text: str) -> Iterator[str]:
    target = ""
    for line in text.splitlines():
        if line.startswith("# BEGIN RECORD"):
            target = ""
        elif named := _RECORD.fullmatch(line.strip()):
            target = named[1]
        elif target and _AUTOMATIC.fullmatch(line.strip()):
            yield target


def _lost(session: Session, estate: str) -> Finding:
    words = f"connection {session.connection or '(not told)'}, session {session.session or '(not told)'}"
    return Finding(
        check="iscsi",
        subject=host(estate),
        reason="SessionLost",
        summary=f"the iSCSI session with {session.target} at {session.portal} is not logged in",
        severity=Severity.CRITICAL,
        container=session.target,
        evidence=(Evidence(what="state", value=words, command=shlex.join(SESSIONS)),),
    )


def _missing(target: str, estate: str) -> Finding:
    return Finding(
        check="iscsi",
        subject=host(estate),
        reason="SessionMissing",
        summary=f"the iSCSI target {target} should be logged into at the start, and has no session",
        severity=Severity.CRITICAL,
        container=target,
        evidence=(Evidence(what="node.startup", value="automatic", command=shlex.join([*NODES, "-T", target])),),
    )
