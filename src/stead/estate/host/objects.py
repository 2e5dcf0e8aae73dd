"""What a host is made of, as objects: the host itself, and its systemd units."""

from __future__ import annotations

from stead.domain.errors import BlindError
from stead.ports import HostCommands, Object

HOST, UNIT = "Host", "Unit"
_PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "Result", "InvocationID")
_SECONDS = 10.0


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
