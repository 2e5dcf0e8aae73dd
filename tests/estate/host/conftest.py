"""A real sshd on loopback, with keys and a configuration of its own, as a process that the test starts and ends."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stead.estate.host.ssh import SshTarget

CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


class Sshd:
    """Debian's openssh-server. `target` reaches it with a key that it knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        for name in ("host_key", "client_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "sshd_config").write_text(CONFIGURATION.format(port=self.port, folder=folder))
        self.trust((folder / "host_key.pub").read_text())
        self._process: asyncio.subprocess.Process | None = None

    def trust(self, key: str) -> None:
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")

    @property
    def target(self) -> SshTarget:
        return SshTarget(
            host="127.0.0.1",
            port=self.port,
            user=getpass.getuser(),
            identity=self.folder / "client_key",
            known_hosts=self.folder / "known_hosts",
        )

    async def start(self) -> None:
        if os.getuid() == 0:  # where sshd locks itself up before anybody has logged in; Debian makes it at boot
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            "/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / "sshd_config"), stderr=asyncio.subprocess.PIPE, start_new_session=True
        )
        assert self._process.stderr is not None
        said = b""
        while b"Server listening" not in said:
            line = await self._process.stderr.readline()
            assert line, f"sshd did not start: {said!r}"
            said += line

    async def stop(self) -> None:
        """End it, and every session of it."""
        if self._process is not None and self._process.returncode is None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            for child in children:
                os.kill(int(child), 9)
            self._process.kill()
            await self._process.communicate()


@pytest.fixture
async def sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    server = Sshd(tmp_path)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
