"""The network beyond this machine, for a sandbox: pasta(1) of the package passt, and nothing without it.

Promise: what listens on this machine, Stead's own listener before all, cannot be reached from there. The program has a network namespace of
its own, so its loopback is not ours, and so are no Unix sockets in the abstract namespace; pasta carries what leaves it, as an ordinary
user's connections. pasta's ways back to our loopback are closed, and each of our other addresses is the namespace's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from stead.ports import Completed

STARTED = "stead: from here on it is the program that speaks"
"""Said on stderr before the program runs: without it, an exit code is pasta's, and says nothing of what the program found."""

NOT_FOUND = 127
"""The exit code for a missing program of shells, of `unshare`, and of `HostCommands`."""

_RESOLVER = "169.254.1.1"
"""Where the namespace asks for names; pasta carries that to the resolver of this machine, wherever that listens."""

_PASTA = (
    *("pasta", "--quiet", "--config-net", "--dns-forward", _RESOLVER),
    # By default the gateway's address is our loopback, and ports are forwarded both ways (pasta(1), "Handling of local traffic").
    *("--no-map-gw", "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--"),
)
_AS_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
"""pasta refuses to stay root, and as another user it could not read what root's programs may."""

RESOLV_CONF = 9
"""The descriptor on which the program's sandbox finds its resolv.conf: stdin is the program's own."""

_SCRIPT = f"""
for address in $1; do ip route replace local "$address" dev lo table local || exit 1; done
for address in $2; do
    ip -6 route replace local "$address" dev lo table local || [ -z "$(ip -6 route show default)" ] || exit 1
done
shift 2
echo '{STARTED}' >&2
exec 8<&0
{{ grep -v '^ *nameserver' /etc/resolv.conf; echo 'nameserver {_RESOLVER}'; }} | {{ exec {RESOLV_CONF}<&0 <&8 8<&-; exec "$@"; }}
"""

_LOCAL = re.compile(r"\|-- (\d{1,3}(?:\.\d{1,3}){3})\s+/32 host LOCAL")


def own_addresses(proc: Path = Path("/proc/net")) -> tuple[list[IPv4Address], list[IPv6Address]]:
    """Every address of this machine but loopback's (proc(5), fib_trie and if_inet6). OSError where IPv4 cannot be read."""
    four = {IPv4Address(found) for found in _LOCAL.findall((proc / "fib_trie").read_text())}
    try:
        six = {IPv6Address(bytes.fromhex(line.split()[0])) for line in (proc / "if_inet6").read_text().splitlines()}
    except FileNotFoundError:  # a kernel without IPv6
        six = set[IPv6Address]()
    return sorted(one for one in four if not one.is_loopback), sorted(one for one in six if not one.is_loopback)


def command(argv: Sequence[str], own: tuple[list[IPv4Address], list[IPv6Address]], *, root: bool) -> tuple[str, ...]:
    """`argv` in a network of its own; it finds the words of its resolv.conf on the descriptor RESOLV_CONF."""
    four, six = (" ".join(map(str, addresses)) for addresses in own)
    return (*(_AS_NOBODY if root else ()), *_PASTA, "sh", "-c", _SCRIPT, "sh", four, six, *argv)


def said(stderr: str) -> str | None:
    """What the program itself said on stderr; None when it never started."""
    _, started, words = stderr.partition(STARTED + "\n")
    return words if started else None


def trouble(done: Completed) -> str:
    """Why it does not work here, as a clause."""
    if done.code == NOT_FOUND and said(done.stderr) is None:
        return "pasta is not installed (the package passt), and without it a program with `network` could reach what listens here"
    lines = [line for line in done.stderr.splitlines() if "syslog" not in line and line != STARTED]
    return f"pasta does not work here: {' '.join(' '.join(lines).split())[:200] or f'exit code {done.code}'}"
