"""Sends ICMP echoes by the system's `ping`, which may do so without root."""

from __future__ import annotations

import math
import re

from stead.domain.errors import BlindError, UnreachableError
from stead.estate.probes.targets import PingSeen, PingTarget, Unanswered
from stead.ports import HostCommands

COUNT = 3
"""Echoes in one try: one lost packet is a third, and no fault unless it goes on."""

_COUNTED = re.compile(r"(?P<sent>\d{1,5}) packets transmitted, (?P<got>\d{1,5}) (?:packets )?received", re.ASCII)
_TIMES = re.compile(r"min/avg/max(?:/\w+)? = [\d.]{1,12}/(?P<mean>\d{1,7}(?:\.\d{1,6})?)/", re.ASCII)
_NO_NAME = ("Name or service not known", "bad address", "No address associated")
_NO_RESOLVER = ("Temporary failure in name resolution",)
_NO_WAY = ("Network is unreachable",)


async def probe(target: PingTarget, commands: HostCommands) -> PingSeen | Unanswered:
    """BlindError when it could not be sent: no `ping` here, no right to use it, no route, no resolver."""
    seconds = max(1, math.ceil(target.timeout.total_seconds()))
    argv = ("ping", "-n", "-c", str(COUNT), "-W", str(seconds), "-w", str(seconds), "--", target.host)
    done = await commands.run(argv, seconds + 5)
    if done.code == 127:
        raise BlindError("there is no program `ping` here; install iputils-ping", reason="NoProgram", command="ping")
    said = f"{done.stderr}\n{done.stdout}"
    if any(words in said for words in _NO_NAME):
        return Unanswered(reason="NameNotFound", words=f"the name {target.host} does not exist")
    if any(words in said for words in _NO_RESOLVER):
        raise UnreachableError("no name can be resolved", reason="NoResolver", command=f"getent hosts {target.host}")
    if any(words in said for words in _NO_WAY):
        raise UnreachableError("there is no way out of this machine's network", reason="NoRoute", command="ip route")
    seen = parse_ping(done.stdout)
    if seen is None:
        words = " ".join(done.stderr.split())[:200] or f"exit code {done.code}"
        raise BlindError(f"`ping` could not ask {target.host}: {words}", reason="Unreachable", command=f"ping -c1 {target.host}")
    return seen


def parse_ping(text: str) -> PingSeen | None:
    """The last lines of iputils' or BusyBox' ping → what they count; None for what is not whole."""
    counted, times = _COUNTED.search(text), _TIMES.search(text)
    if counted is None or int(counted["sent"]) == 0 or int(counted["got"]) > int(counted["sent"]):
        return None
    sent, got = int(counted["sent"]), int(counted["got"])
    return PingSeen(loss=round(100 * (sent - got) / sent), seconds=float(times["mean"]) / 1000 if times is not None and got else None)
