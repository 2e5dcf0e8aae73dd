"""What a program says that it could not reach: the last complaint of a log, in the words of the usual languages and clients. Pure.

Promise: the words are anybody's. They only choose where to look; whether something is wrong there is asked of the cluster's own objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """NO_NAME: its name was not resolved · REFUSED: it was told that nobody listens · SILENT: it got no answer."""

    NO_NAME = "no name"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Unreached:
    """`host` is a name or an address as it was written; `port` 0 where none was said."""

    host: str
    port: int
    how: How


_HOST = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
_PORT = r"(?P<port>\d{1,5})"
_PATTERNS: tuple[tuple[How, re.Pattern[str]], ...] = tuple(
    (how, re.compile(pattern, re.IGNORECASE))
    for how, pattern in (
        # As Go's net.DNSError and net.OpError word it
        (How.NO_NAME, rf"lookup {_HOST}(?:\.)?(?: on \S{{1,80}})?: "),
        (How.REFUSED, rf"dial (?:tcp|udp) {_HOST}:{_PORT}: (?:connect: )?connection refused"),
        (How.SILENT, rf"dial (?:tcp|udp) {_HOST}:{_PORT}: (?:i/o timeout|connect: (?:connection timed out|no route to host))"),
        # libpq, and what else speaks of getaddrinfo(3)
        (How.NO_NAME, rf'could not translate host name "{_HOST}" to address'),
        (How.REFUSED, rf'server at "{_HOST}"(?: \(\S{{1,60}}\))?, port {_PORT} failed: connection refused'),
        (How.SILENT, rf'server at "{_HOST}"(?: \(\S{{1,60}}\))?, port {_PORT} failed: (?:connection timed out|timeout expired)'),
        (
            How.REFUSED,
            rf'connection refused\s{{1,9}}is the server running on host "?{_HOST}"?(?: \(\S{{1,60}}\))? and accepting\s{{1,9}}'
            rf"TCP/IP connections on port {_PORT}",
        ),
        # The clients of MySQL, Redis and PostgreSQL's JDBC driver
        (How.REFUSED, rf"can't connect to (?:mysql )?server on '{_HOST}(?::{_PORT})?' \((?:111|\[errno 111\])"),
        (How.NO_NAME, rf"unknown (?:mysql )?server host '{_HOST}'"),
        (How.REFUSED, rf"error 111 connecting to {_HOST}:{_PORT}"),
        (How.NO_NAME, rf"error -[23] connecting to {_HOST}:\d"),
        (How.REFUSED, rf"connection to {_HOST}:{_PORT} refused"),
        # Node.js
        (How.NO_NAME, rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) {_HOST}"),
        (How.REFUSED, rf"connect ECONNREFUSED {_HOST}:{_PORT}"),
        (How.SILENT, rf"connect (?:ETIMEDOUT|EHOSTUNREACH) {_HOST}:{_PORT}"),
        # Java
        (How.NO_NAME, rf"UnknownHostException: {_HOST}"),
        (How.REFUSED, rf"connection refused: (?:[\w.-]{{1,253}}/)?{_HOST}:{_PORT}"),
        # curl, nginx
        (How.NO_NAME, rf"could not resolve host: {_HOST}"),
        (How.NO_NAME, rf'host not found in upstream "{_HOST}'),
        (How.REFUSED, rf"failed to connect to {_HOST} port {_PORT}\b.{{0,60}}refused"),
        (How.SILENT, rf"failed to connect to {_HOST} port {_PORT}\b.{{0,60}}timed? ?out"),
        # urllib3
        (How.NO_NAME, rf"host='{_HOST}', port={_PORT}\).{{0,300}}(?:name or service not known|name resolution)"),
        (How.REFUSED, rf"host='{_HOST}', port={_PORT}\).{{0,300}}connection refused"),
        (How.SILENT, rf"host='{_HOST}', port={_PORT}\).{{0,300}}timed out"),
    )
)


def unreached(text: str) -> Unreached | None:
    """The last thing that these lines complain of not having reached; None where they speak of nothing of the kind."""
    found = [(match.start(), how, match) for how, pattern in _PATTERNS for match in pattern.finditer(text)]
    if not found:
        return None
    _, how, match = max(found, key=lambda one: one[0])
    said = match.groupdict().get("port") or "0"
    return Unreached(match["host"].lower().rstrip("."), int(said), how)
