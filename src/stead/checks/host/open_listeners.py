"""Programs that listen beyond loopback and are not on the owner's list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, odd_output, refused
from stead.declare import HostWishes, wishful_host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.ports import HostCommands

LIST = ("ss", "-H", "-l", "-n", "-t", "-u")

EPHEMERAL = 32768
"""From here on the kernel picks ports by itself (net.ipv4.ip_local_port_range): a client's UDP socket there looks like a listener."""

_ROW = re.compile(r"(?P<protocol>tcp|udp)\s+\S+\s+\d+\s+\d+\s+(?P<address>\S+):(?P<port>\d{1,5}|\*)\s+\S+(?:\s.*)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Listener:
    """`address` as ss writes it: `0.0.0.0`, `*`, `[::]`, `192.168.1.5`, `127.0.0.53%lo`."""

    protocol: str
    port: int
    address: str

    @property
    def name(self) -> str:
        return f"{self.protocol}/{self.port}"

    @property
    def is_open(self) -> bool:
        bare = self.address.strip("[]").partition("%")[0].removeprefix("::ffff:")
        return not (bare.startswith("127.") or bare == "::1" or self.address.endswith("%lo"))


@wishful_host_check(every=timedelta(minutes=5))
async def open_listeners(commands: HostCommands, estate: str, now: datetime, wishes: HostWishes) -> Sequence[Finding]:
    """Something listens beyond loopback that `listeners:` of the host does not name. Without such a list nothing is judged."""
    if wishes.listeners is None:
        return ()
    done = await ask(commands, LIST)
    if done is None:
        return ()
    if done.code != 0:
        raise refused(LIST, done)
    listeners, odd = parse_listeners(done.stdout)
    unexpected = sorted({each.name: each for each in listeners if _counts(each) and each.name not in wishes.listeners}.values())
    found = [_finding(each, estate) for each in unexpected]
    return [*found, odd_output("open_listeners", estate, LIST, odd[0], now)] if odd else found


def parse_listeners(text: str) -> tuple[list[Listener], list[str]]:
    """`ss -H -l -n -t -u` → listeners, and the lines that are none."""
    listeners: list[Listener] = []
    odd: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        row = _ROW.fullmatch(line)
        if row is None:
            odd.append(line)
        elif row["port"] != "*":
            listeners.append(Listener(row["protocol"], int(row["port"]), row["address"]))
    return listeners, odd


def _counts(one: Listener) -> bool:
    return one.is_open and not (one.protocol == "udp" and one.port >= EPHEMERAL)


def _finding(one: Listener, estate: str) -> Finding:
    return Finding(
        check="open_listeners",
        subject=host(estate),
        reason="UnexpectedListener",
        summary=f"something listens on {one.name} of {estate} for others, and is not on the list",
        container=one.name,
        evidence=(Evidence(what="listens on", value=f"{one.address}:{one.port}", command=f"ss -lntup 'sport = :{one.port}'"),),
    )
