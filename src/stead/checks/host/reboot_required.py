"""A host that waits for a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import host, read_file
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.ports import HostCommands

FLAG = "/run/reboot-required"
"""Written by Debian's and Ubuntu's package hooks when what was installed works only after a restart; gone after it."""


@host_check(every=timedelta(hours=1))
async def reboot_required(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """Packages were installed (a kernel, libc) that take effect only after a restart, and the host has not been restarted."""
    if await read_file(commands, FLAG) is None:
        return ()
    packages = parse_packages(await read_file(commands, f"{FLAG}.pkgs") or "")
    why = Evidence(what="packages", value=", ".join(packages) or "(not told)", command=f"cat {FLAG}.pkgs")
    return (
        Finding(
            check="reboot_required",
            subject=host(estate),
            reason="RebootRequired",
            summary=f"{estate} must be restarted for its updates to take effect",
            evidence=(why,),
        ),
    )


def parse_packages(text: str) -> list[str]:
    """Names of packages, one a line, each once; at most 20 of them."""
    names = {name for line in text.splitlines() if (name := line.strip()) and name.isprintable() and len(name) <= 100}
    return sorted(names)[:20]
