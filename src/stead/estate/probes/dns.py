"""Asks for a DNS record once (`stead[dns]`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from stead.domain.errors import UnreachableError
from stead.estate.probes import wire
from stead.estate.probes.targets import DnsSeen, DnsTarget, Unanswered


async def probe(target: DnsTarget) -> DnsSeen | Unanswered:
    """What the server answers. Without a server of its own the probe needs the system's: when that is silent, it is blind."""
    from dns import asyncresolver, exception, name, resolver

    what = f"{target.query} {target.type}"
    by = f"{target.server}:{target.port}" if target.server else "the system's resolver"
    try:
        asked = asyncresolver.Resolver(configure=not target.server)
    except resolver.NoResolverConfiguration as error:
        raise UnreachableError("no name can be resolved: there is no /etc/resolv.conf", reason="NoResolver") from error
    if target.server:
        asked.nameservers, asked.port = [target.server], target.port
    began = wire.seconds()
    try:
        answer = await asked.resolve(
            target.query, target.type, lifetime=target.timeout.total_seconds(), raise_on_no_answer=False, search=False
        )
    except resolver.NXDOMAIN:
        return Unanswered(reason="NameNotFound", words=f"{by} says that {target.query} does not exist")
    except (resolver.NoNameservers, exception.Timeout) as error:
        silent = isinstance(error, exception.Timeout)
        if not target.server:
            words = "does not answer" if silent else "fails"
            raise UnreachableError(f"no name can be resolved: {by} {words}", reason="NoResolver", command=f"dig {what}") from error
        reason, words = ("Timeout", "does not answer") if silent else ("ServerFailed", "fails to answer")
        return Unanswered(reason=reason, words=f"{by} {words} for {what}")
    except (name.BadEscape, name.LabelTooLong, name.EmptyLabel, name.NameTooLong, exception.SyntaxError) as error:
        return Unanswered(reason="NameNotFound", words=f"{target.query[:100]} is not a name: {error}")
    except exception.DNSException as error:
        return Unanswered(reason="Malformed", words=f"{by} answers what is not DNS: {type(error).__name__}")
    records: list[str] = [] if answer.rrset is None else [str(record.to_text()) for record in cast("Iterable[Any]", answer.rrset)]
    return DnsSeen(seconds=wire.seconds() - began, answer=tuple(sorted(map(plain, records))))


def plain(record: str) -> str:
    """A record as people write it: no dot at the end of a name, no quotes around a text, lower case but for texts."""
    if record.startswith('"'):
        return record.strip('"')
    return record.rstrip(".").lower()
