"""`stead failure UNIT`: tell the service that a systemd unit has failed. `stead-failure@.service` runs it (deploy/systemd)."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Config, State, Token, Url
from stead.domain.errors import UserError

FACTS = ("Id", "Result", "ExecMainCode", "ExecMainStatus", "NRestarts", "InvocationID", "Description")
"""Properties of a unit that say how it ended (org.freedesktop.systemd1(5))."""
LINES, MOST_LOG = 30, 8000
SECONDS = 10
_UNIT = re.compile(r"[\w@.:\\-]{1,255}", re.ASCII)


def failure(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit that has failed, like backup.service.")],
    url: Url = None,
    token: Token = None,
    state: State = None,
    config: Config = None,
) -> None:
    """Report that a unit has failed. The report waits in the state folder until a service has it: the one on this machine, or with
    --token that at --url."""
    from stead.app import spool
    from stead.app.config import load
    from stead.clocks import SystemClock

    if not _UNIT.fullmatch(unit) or unit.startswith("-"):
        raise UserError(f"`{unit[:60]}` is not the name of a unit", hint="write it like backup.service")
    report = {
        "id": uuid.uuid4().hex,
        "unit": unit,
        "host": socket.gethostname(),
        "at": SystemClock().now().astimezone(UTC).isoformat(),
        **_facts(unit),
    }
    folder = load(config, state=state).folder / spool.FOLDER
    try:
        spool.put(folder, report["id"], json.dumps(report).encode())
    except OSError as error:
        raise UserError(f"the report cannot be kept in {folder}: {(error.strerror or '').lower()}", hint="who may write there?") from error
    if token:
        _send(Client.of(url, token), spool.waiting(folder))
    print(f"{unit}: reported", file=sys.stderr)


def _send(client: Client, files: Sequence[Path]) -> None:
    """Send what waits. What the service does not take now is sent with the next failure, or read by the service on this machine."""
    for file in files:
        try:
            client.ask("POST", "/hooks/systemd", file.read_text(encoding="utf-8"))
        except (UserError, OSError) as error:
            print(f"it waits in {file.parent}: {error}", file=sys.stderr)
            return
        file.unlink(missing_ok=True)


def _facts(unit: str) -> dict[str, Any]:
    shown = _said(["systemctl", "show", f"--property={','.join(FACTS)}", "--", unit])
    facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    invocation = facts.pop("InvocationID", "")
    which = [f"_SYSTEMD_INVOCATION_ID={invocation}"] if invocation.isalnum() else [f"--unit={unit}"]
    log = _said(["journalctl", "--no-pager", "--output=cat", f"--lines={LINES}", *which])
    return {"facts": facts, "log": log.strip()[-MOST_LOG:]}


def _said(argv: list[str]) -> str:
    """What the program says; "" where it cannot be asked: a report with less in it is better than none."""
    try:
        return subprocess.run(argv, capture_output=True, timeout=SECONDS, check=False).stdout.decode(errors="replace")  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
