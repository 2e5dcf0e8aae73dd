"""Web addresses that do not answer as they should."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from stead.checks.probes.common import expiring, slow, unanswered, wrong
from stead.declare import probe_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.probes.targets import HttpSeen, HttpTarget, Unanswered


@probe_check(target=HttpTarget)
def probe_http(subject: Subject, target: HttpTarget, seen: HttpSeen | Unanswered, now: datetime) -> Iterator[Finding]:
    """A web address does not answer, or with the wrong status, body or redirect, or too slowly, or its certificate ends soon."""
    name, head = "probe_http", "-I " if target.method == "HEAD" else ""
    command = f"curl -sS {head}-o /dev/null -w '%{{http_code}} %{{time_total}}\\n' {shlex.quote(target.url)}"
    if isinstance(seen, Unanswered):
        yield unanswered(name, subject, target, seen, command)
        return
    status = Evidence(what="status", value=str(seen.status), command=command)
    if not _right_status(target, seen.status):
        yield wrong(name, subject, target, "WrongStatus", f"{target.url} answers with status {seen.status}", status)
    elif target.redirect and seen.location != target.redirect:
        there = Evidence(what="location", value=seen.location[:500] or "(none)", command=command, tainted=True)
        yield wrong(name, subject, target, "WrongRedirect", f"{target.url} does not lead to {target.redirect}", there)
    elif target.body is not None and target.body.search(seen.body) is None:
        part = Evidence(
            what="body", value=" ".join(seen.body.split())[:300] or "(empty)", command=f"curl -sS {shlex.quote(target.url)}", tainted=True
        )
        yield wrong(name, subject, target, "WrongBody", f"the answer of {target.url} lacks `{target.body.pattern[:60]}`", part)
    else:
        yield from slow(name, subject, target, seen.seconds, command)
    parts = urlsplit(target.url)
    look = f"openssl s_client -connect {parts.hostname}:{parts.port or 443} </dev/null | openssl x509 -noout -enddate"
    yield from expiring(name, subject, target, seen.certificate, target.days, now, look)


def _right_status(target: HttpTarget, status: int) -> bool:
    """As configured; else any success, or a redirect where one is expected (RFC 9110, 15)."""
    if target.status:
        return status in target.status
    return 300 <= status < 400 if target.redirect else 200 <= status < 300
