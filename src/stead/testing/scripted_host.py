"""A host whose systemd and Docker do what is asked of them, behind `HostCommands`: it stands at the wire of a machine that a test has not.

It answers as systemctl(1), docker(1), df(1) and journalctl(1) do, as far as checks and verbs of hosts ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stead.domain.errors import BlindError
from stead.ports import Completed

_NO_PROGRAM = 127


@dataclass
class Unit:
    """`comes_up` is whether a restart helps; `starts` how often it was started; `type` as its file has it."""

    active: str = "active"
    load: str = "loaded"
    type: str = "simple"
    comes_up: bool = True
    starts: int = 1


@dataclass
class Container:
    """`status` as the engine names it; `comes_up` is whether a restart helps."""

    status: str = "running"
    code: int = 0
    health: str = ""
    comes_up: bool = True
    starts: int = 1


@dataclass
class ScriptedHost:
    """`used` is how full its disk is, in per cent, and `freed` what each program that frees some brings. `dies_at` a command: after it has
    done its work, the host is gone without an answer."""

    units: dict[str, Unit] = field(default_factory=dict[str, Unit])
    containers: dict[str, Container] = field(default_factory=dict[str, Container])
    used: int = 40
    freed: dict[str, int] = field(default_factory=dict[str, int])
    journal: str = "1.8G"
    dies_at: str = ""
    asked: list[str] = field(default_factory=list[str])

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:  # noqa: ARG002
        words = list(argv[3:] if list(argv[:3]) == ["sudo", "-n", "--"] else argv)
        said = " ".join(words)
        self.asked.append(" ".join(argv))
        answer = self._answer(words, said)
        if answer.code == _NO_PROGRAM and len(words) < len(argv):
            answer = Completed(code=1, stdout="", stderr=f"sudo: {words[0]}: command not found")
        if self.dies_at and said.startswith(self.dies_at):
            raise BlindError("the connection broke", reason="Unreachable")
        return answer

    async def close(self) -> None:
        """It holds nothing."""

    def changed(self) -> list[str]:
        """What was run on it that changes something."""
        quiet = ("systemctl show", "systemctl list-units", "docker inspect", "docker ps", "df", "logger", "journalctl --disk-usage")
        return [line.removeprefix("sudo -n -- ") for line in self.asked if not line.removeprefix("sudo -n -- ").startswith(quiet)]

    def _answer(self, words: Sequence[str], said: str) -> Completed:
        match words[0]:
            case "systemctl":
                return self._systemctl(words[1], words[-1])
            case "docker":
                return self._docker(words[1], words[-1], said)
            case "df":
                row = f"/dev/vda1 ext4 100 {self.used} {100 - self.used} {self.used if '-i' not in words else 1}% /"
                return _said(f"Filesystem Type 1024-blocks Used Available Capacity Mounted on\n{row}\n")
            case "journalctl" if "--disk-usage" in words:
                return _said(f"Archived and active journals take up {self.journal} in the file system.\n" if self.journal else "")
            case "logger":
                return _said("")
            case program if program in self.freed:
                self.used -= self.freed[program]
                return _said(f"freed {self.freed[program]} %\n")
            case _:
                return Completed(code=_NO_PROGRAM, stdout="", stderr="not found")

    def _systemctl(self, word: str, name: str) -> Completed:
        if word == "list-units":
            failed = [f"{unit} loaded failed failed A unit" for unit, one in self.units.items() if one.active == "failed"]
            return _said("\n".join(failed))
        unit = self.units.get(name)
        if word == "show":
            state = unit or Unit(active="inactive", load="not-found")
            fields = {
                "Id": name,
                "LoadState": state.load,
                "ActiveState": state.active,
                "InvocationID": f"run-{state.starts}",
                "Type": state.type,
            }
            return _said("\n".join(f"{key}={value}" for key, value in fields.items()))
        if unit is None:
            return Completed(code=5, stdout="", stderr=f"Unit {name} not loaded.")
        if word == "reset-failed":
            unit.active = "inactive" if unit.active == "failed" else unit.active
        elif word == "restart":
            unit.starts += 1
            unit.active = "active" if unit.comes_up else "failed"
            if not unit.comes_up:
                return Completed(code=1, stdout="", stderr=f"Job for {name} failed because the control process exited with error code.")
        return _said("")

    def _docker(self, word: str, name: str, said: str) -> Completed:
        if word == "ps":
            return _said("\n".join(f"{n:064x}" for n in range(len(self.containers))))
        if word == "inspect" and "RestartPolicy" in said:
            rows = [f'/{n}|{c.status}|{c.code}|false|always|{c.starts}|{c.health}|{_BEGAN}|{_BEGAN}|""' for n, c in self.containers.items()]
            return _said("\n".join(rows))
        found = self.containers.get(name)
        if found is None:
            return Completed(code=1, stdout="", stderr=f"Error response from daemon: No such container: {name}")
        if word == "restart":
            found.starts += 1
            found.status, found.health = ("running", "healthy") if found.comes_up else ("exited", "")
            return _said(f"{name}\n")
        return _said(f"{'ab' * 32}|2026-03-01T0{found.starts}:00:00Z|{found.status}|{found.health}\n")


_BEGAN = '"2026-01-05T08:00:00Z"'


def _said(text: str) -> Completed:
    return Completed(code=0, stdout=text, stderr="")
