"""A host as a model looks at it: real commands where this machine has them, and arguments that can be nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.tools.conftest import look

from stead.clocks import SteppedClock
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.ports import Completed
from stead.testing.bare_cluster import BareCluster
from stead.tools.host import host

STATUS = """\
● nginx.service - A high performance web server
     Active: failed (Result: exit-code) since Mon 2026-01-05 08:00:00 UTC
Jan 05 08:00:00 attic nginx[7]: bind() to 0.0.0.0:80 failed, password=hunter2secret
"""


class Attic:
    """A host at the other end of the HostCommands port: keeps what it was asked, and answers as it is told."""

    def __init__(self, *answers: Completed) -> None:
        self.ran: list[list[str]] = []
        self.answers = list(answers)

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        self.ran.append([*argv])
        return self.answers.pop(0) if self.answers else Completed(code=0, stdout="", stderr="")

    async def close(self) -> None:
        pass


def said(stdout: str = "", code: int = 0, stderr: str = "") -> Completed:
    return Completed(code=code, stdout=stdout, stderr=stderr)


async def test_a_failed_unit_is_an_answer_with_its_log(clock: SteppedClock) -> None:
    attic = Attic(said(STATUS, code=3))
    seen = await look(HostEstate("attic", attic, (), clock), host, "host_unit", unit="nginx.service")
    assert "Active: failed" in seen.text and "hunter2secret" not in seen.text
    assert seen.command == "systemctl status --no-pager --full --lines=30 -- nginx.service" and seen.tainted


async def test_an_unknown_unit_is_told(clock: SteppedClock) -> None:
    attic = Attic(said(code=4, stderr="Unit nix.service could not be found."))
    seen = await look(HostEstate("attic", attic, (), clock), host, "host_unit", unit="nix.service")
    assert seen.failed and "there is no unit nix.service" in seen.text


@pytest.mark.parametrize("unit", ["--help", "a b", "nginx;reboot", "$(id)", "../x", "a\nb", "", "-x", "nginx*"])
async def test_what_is_no_unit_reaches_no_command(clock: SteppedClock, unit: str) -> None:
    attic = Attic()
    estate = HostEstate("attic", attic, (), clock)
    seen = await look(estate, host, "host_unit", unit=unit)
    assert seen.failed and attic.ran == []
    if unit:
        assert (await look(estate, host, "host_journal", unit=unit)).failed and attic.ran == []


async def test_the_journal_is_asked_for_a_part(clock: SteppedClock) -> None:
    attic = Attic(said("Jan 05 08:00 attic kernel: Out of memory: Killed process 7\n"), said(code=1))
    estate = HostEstate("attic", attic, (), clock)
    asked = {"unit": "nginx", "minutes": 30, "priority": "err", "grep": "--output=cat", "kernel": True, "lines": 9999}
    assert "Out of memory" in (await look(estate, host, "host_journal", **asked)).text
    assert attic.ran[0] == [
        *("journalctl", "--no-pager", "--output=short-iso", "--lines=2000", "--since=-1800s"),
        *("--unit=nginx", "--priority=err", "--dmesg", "--grep=--output=cat"),
    ]
    assert (await look(estate, host, "host_journal", grep="x")).text == "the journal has nothing like it"


@pytest.mark.parametrize(
    ("tool", "arguments", "argv"),
    [
        ("host_units", {}, "systemctl list-units --state=failed --no-pager --plain --no-legend --full"),
        ("host_units", {"state": "all"}, "systemctl list-units --all --no-pager --plain --no-legend --full"),
        ("host_sockets", {}, "ss -tulpn"),
        ("host_sockets", {"what": "established"}, "ss -tnp state established"),
        ("host_processes", {"by": "memory"}, "ps -eo pid,ppid,user,stat,pcpu,pmem,rss,etimes,args --sort=-rss"),
    ],
)
async def test_each_look_is_one_command(clock: SteppedClock, tool: str, arguments: dict[str, str], argv: str) -> None:
    attic = Attic()
    seen = await look(HostEstate("attic", attic, (), clock), host, tool, **arguments)
    assert attic.ran == [argv.split()] and seen.command == argv


@pytest.mark.parametrize("arguments", [{"state": "x; reboot"}, {"state": 1}, {"force": True}])
async def test_a_word_that_is_not_known_is_refused(clock: SteppedClock, arguments: dict[str, object]) -> None:
    attic = Attic()
    assert (await look(HostEstate("attic", attic, (), clock), host, "host_units", **arguments)).failed and attic.ran == []


async def test_this_very_machine_answers(clock: SteppedClock) -> None:
    estate = HostEstate("here", LocalCommands(), (), clock)
    disk = await look(estate, host, "host_disk")
    assert "Filesystem" in disk.text and "IUse%" in disk.text
    processes = await look(estate, host, "host_processes", most=3)
    assert processes.text.splitlines()[0].split()[:2] == ["PID", "PPID"] and "processes more" in processes.text
    await estate.close()


async def test_a_missing_program_or_a_host_that_fails_is_told(clock: SteppedClock) -> None:
    attic = Attic(said(code=127), said(code=1, stderr="System has not been booted with systemd"))
    estate = HostEstate("attic", attic, (), clock)
    assert (await look(estate, host, "host_sockets")).text == "error: there is no program ss on `attic`"
    assert "System has not been booted with systemd" in (await look(estate, host, "host_units")).text


async def test_a_cluster_is_no_host(tmp_path: Path, clock: SteppedClock) -> None:
    async with BareCluster(tmp_path, clock) as cluster:
        seen = await look(cluster.estate(), host, "host_disk")
    assert seen.failed and "there is no tool `host_disk`" in seen.text
