"""What a host is made of, as objects: the host itself, its systemd units, and its containers."""

from __future__ import annotations

import re
import shlex

from stead.domain.errors import BlindError
from stead.ports import HostCommands, Object

HOST, UNIT, CONTAINER, JOURNAL = "Host", "Unit", "Container", "Journal"
ENGINES = ("docker", "podman")
_PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "Result", "InvocationID", "Type")
_STATE = "{{.Id}}|{{.State.StartedAt}}|{{.State.Status}}|{{if .State.Health}}{{.State.Health.Status}}{{end}}"
_TAKES = re.compile(r"take up (?P<number>\d{1,9}(\.\d{1,3})?)(?P<unit>[BKMGT]) ")
_UNITS = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
"""As `journalctl --disk-usage` writes sizes (systemd, FORMAT_BYTES)."""
_SECONDS = 10.0
_NO_PROGRAM = 127


async def read_unit(commands: HostCommands, name: str) -> Object | None:
    """The state of a systemd unit; None where systemd knows none of that name. BlindError when systemd does not answer."""
    argv = ["systemctl", "show", f"--property={','.join(_PROPERTIES)}", "--", name]
    answer = await commands.run(argv, _SECONDS)
    if answer.code != 0:
        said = answer.stderr.strip() or f"exit code {answer.code}"
        raise BlindError(f"systemd does not tell about {name}: {said}", reason="Unreachable", command=" ".join(argv))
    pairs = (line.partition("=") for line in answer.stdout.splitlines())
    status = {key: value for key, found, value in pairs if found and key in _PROPERTIES}
    if status.get("LoadState") == "not-found":
        return None
    if "ActiveState" not in status:
        raise BlindError(f"systemd's answer about {name} cannot be read", reason="Malformed", command=" ".join(argv))
    # A unit that is started again has a new invocation: the nearest thing to a uid that systemd has.
    metadata = {"name": status.get("Id", name), "uid": status.get("InvocationID", "")}
    return {"apiVersion": "host.stead/v1", "kind": UNIT, "metadata": metadata, "status": status}


async def read_container(commands: HostCommands, name: str) -> Object | None:
    """The state of a container, whichever engine has it; None where none does. BlindError when an engine does not say."""
    for engine in ENGINES:
        argv = [engine, "inspect", "--type", "container", "--format", _STATE, "--", name]
        answer = await commands.run(argv, _SECONDS)
        if answer.code == _NO_PROGRAM or (answer.code != 0 and "no such" in answer.stderr.lower()):
            continue
        fields = answer.stdout.strip().split("|")
        if answer.code != 0 or len(fields) != len(_STATE.split("}}|{{")):
            said = answer.stderr.strip()[:200] or "an answer that cannot be read"
            raise BlindError(f"{engine} does not tell about {name}: {said}", reason="Unreachable", command=shlex.join(argv))
        identity, started, status, health = fields
        # A container that is started again keeps its id: with the time of its start it is told apart from what it was.
        metadata = {"name": name, "uid": f"{identity[:12]}@{started}"}
        state = {"Status": status, "Health": health, "Engine": engine}
        return {"apiVersion": "host.stead/v1", "kind": CONTAINER, "metadata": metadata, "status": state}
    return None


async def read_journal(commands: HostCommands) -> Object | None:
    """How much room the journal takes; None on a host that has none. BlindError when this user may not ask."""
    argv = ["journalctl", "--disk-usage"]
    answer = await commands.run(argv, _SECONDS)
    if answer.code == _NO_PROGRAM:
        return None
    if answer.code != 0:
        raise BlindError(f"the journal does not tell its size: {answer.stderr.strip()[:200]}", reason="Unreachable", command="journalctl")
    found = _TAKES.search(answer.stdout)
    size = 0 if found is None else int(float(found["number"]) * _UNITS[found["unit"]])
    return {"apiVersion": "host.stead/v1", "kind": JOURNAL, "metadata": {"name": "journal"}, "status": {"bytes": size}}
