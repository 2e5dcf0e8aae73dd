"""Commands on another machine, over SSH, behind the `HostCommands` port.

Promise: the host's key was known beforehand, or nothing is sent; no agent, no proxy command, no `~/.ssh/config`; one connection, used
again and again. A host that cannot be reached is asked again with growing pauses, and says so at once in between.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import math
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stead.domain.errors import BlindError, UnreachableError, UserError
from stead.estate.host.commands import LIMIT
from stead.ports import Clock, Completed

if TYPE_CHECKING:
    import asyncssh

CONNECT = 10.0
"""Seconds for the handshake with a host, name resolution included."""

STILL_THERE = 5.0
"""Seconds in which a host must answer `true` after a command took too long, or it is the host that is gone and not the command."""

SESSIONS = 8
"""Commands at a time on one connection: below 10, sshd's own bound (sshd_config, MaxSessions)."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
"""Between two tries to reach a host that did not answer; it doubles."""

# Without a login shell's profile, PATH lacks the places of smartctl and zpool. `sh` gives the same words whatever shell the user has.
# sshd does not pass signals on for everybody (not for root), so what takes too long is ended over there, where `timeout` is.
_SCRIPT = """\
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; LC_ALL=C.UTF-8; LANG=C.UTF-8; unset LANGUAGE; export PATH LC_ALL LANG
seconds=$1; shift
command -v timeout >/dev/null && exec timeout -s KILL "$seconds" "$@"
exec "$@"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTarget:
    """Where to go, and who to be there. `key` and `passphrase` give the secret anew at each connection; None for files alone."""

    host: str
    port: int = 22
    user: str | None = None
    identity: Path | None = None
    key: Callable[[], str] | None = None
    passphrase: Callable[[], str] | None = None
    known_hosts: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user + '@' if self.user else ''}{host}{'' if self.port == 22 else f':{self.port}'}"

    @property
    def trusted(self) -> Path:
        return self.known_hosts or Path("~/.ssh/known_hosts").expanduser()


class SshCommands:
    """Runs commands on `target`, the C locale set, without a terminal and without input. UserError where the library is missing."""

    def __init__(self, target: SshTarget, clock: Clock, limit: int = LIMIT) -> None:
        if importlib.util.find_spec("asyncssh") is None:
            raise UserError("hosts over SSH need the library `asyncssh`", hint="pip install 'stead[ssh]'")
        self.target = target
        self._clock = clock
        self._limit = limit
        self._connection: asyncssh.SSHClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._sessions = asyncio.Semaphore(SESSIONS)
        self._failed: UnreachableError | None = None
        self._pause = FIRST_PAUSE
        self._closed = False
        self._not_before: datetime | None = None

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        """See ports.HostCommands. UnreachableError when it is the host that does not answer, and not this command."""
        command = command_line(argv, timeout)
        async with self._sessions:
            try:
                return await self._try(command, argv, timeout)
            except ConnectionError:
                # A connection that broke is made anew, once: the host may have been restarted since.
                self._drop()
            try:
                return await self._try(command, argv, timeout)
            except ConnectionError as error:
                self._drop()
                raise UnreachableError(f"{self.target} closed the connection: {error}", reason="Unreachable") from error

    async def close(self) -> None:
        self._closed = True
        connection = self._connection
        self._drop()
        if connection is not None:
            await connection.wait_closed()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def _try(self, command: str, argv: Sequence[str], timeout: float) -> Completed:
        """ConnectionError when the connection breaks."""
        ssh = importlib.import_module("asyncssh")
        connection = await self._connected()
        try:
            async with asyncio.timeout(timeout):
                process = await connection.create_process(command, encoding=None, stdin=ssh.DEVNULL)
                try:
                    return await self._finish(process, argv)
                finally:
                    _end(process)
        except TimeoutError as error:
            if not await _answers(connection):
                self._drop()
                raise UnreachableError(f"{self.target} does not answer any more", reason="Unreachable") from error
            raise BlindError(f"`{argv[0]}` did not end within {timeout:g} s", reason="Timeout", command=shlex.join(argv)) from error
        except (ssh.DisconnectError, ssh.ChannelOpenError, OSError) as error:
            raise ConnectionError(_words(error)) from error

    async def _finish(self, process: asyncssh.SSHClientProcess[bytes], argv: Sequence[str]) -> Completed:
        reading = [asyncio.ensure_future(self._read(stream, argv)) for stream in (process.stdout, process.stderr)]
        try:
            stdout, stderr = await asyncio.gather(*reading)
        finally:
            for one in reading:
                one.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        await process.wait_closed()
        code = process.returncode
        if code is None:  # the channel ended without a word of how the command did: half an answer
            raise ConnectionError("it ended in the middle of an answer")
        return Completed(code=code, stdout=stdout.decode("utf-8", "replace"), stderr=stderr.decode("utf-8", "replace"))

    async def _read(self, stream: Any, argv: Sequence[str]) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := await stream.read(65536):
            parts.append(part)
            size += len(part)
            if size > self._limit:
                raise BlindError(f"`{argv[0]}` said more than {self._limit} bytes", reason="Malformed", command=shlex.join(argv))
        return b"".join(parts)

    async def _connected(self) -> asyncssh.SSHClientConnection:
        """The one connection, made where there is none. UnreachableError, at once while a pause lasts."""
        async with self._connecting:
            if self._closed:
                raise UnreachableError(f"the connection to {self.target} was closed", reason="Unreachable")
            if self._connection is not None and not self._connection.is_closed():
                return self._connection
            now = self._clock.now()
            if self._failed is not None and self._not_before is not None and now < self._not_before:
                raise self._failed
            try:
                self._connection = await self._connect()
            except UnreachableError as error:
                self._failed, self._not_before = error, now + self._pause
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                raise
            self._failed, self._pause = None, FIRST_PAUSE
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        ssh = await asyncio.to_thread(importlib.import_module, "asyncssh")
        ssh.set_log_level("WARNING")  # it tells of every channel otherwise
        target, options = self.target, self._options(ssh)
        try:
            async with asyncio.timeout(CONNECT):
                return await ssh.connect(target.host, target.port, **options)
        except TimeoutError as error:
            raise UnreachableError(f"{target} did not answer within {CONNECT:g} s", reason="Unreachable") from error
        except ssh.HostKeyNotVerifiable as error:
            raise UnreachableError(
                f"the key of {target} is not in {target.trusted}, or another one; compare it, then add it with `ssh-keyscan`",
                reason="Unauthorized",
            ) from error
        except ssh.PermissionDenied as error:
            raise UnreachableError(f"{target} refuses this user or key", reason="Unauthorized") from error
        except (ssh.Error, OSError, ValueError) as error:  # a line of known_hosts that is none is a ValueError
            raise UnreachableError(f"{target} cannot be reached: {_words(error)}", reason="Unreachable") from error

    def _options(self, ssh: Any) -> dict[str, Any]:
        target = self.target
        if not target.trusted.is_file():
            hint = f"`ssh-keyscan -p {target.port} {target.host}` shows its keys; compare them, then write them there"
            raise UnreachableError(f"no host is trusted: there is no file {target.trusted}; {hint}", reason="Unauthorized")
        options: dict[str, Any] = {
            "known_hosts": str(target.trusted),
            "config": None,
            "agent_path": None,
            "agent_forwarding": False,
            "proxy_command": None,
            "preferred_auth": "publickey",
            "gss_auth": False,
            "keepalive_interval": 15,
            "keepalive_count_max": 3,
        }
        if target.user is not None:
            options["username"] = target.user
        return options | self._key(ssh)

    def _key(self, ssh: Any) -> dict[str, Any]:
        """The private key, read now. UnreachableError naming what is wrong with it, and never what is in it."""
        target = self.target
        if target.key is None and target.identity is None:
            return {}
        try:
            passphrase = None if target.passphrase is None else target.passphrase()
            if target.key is not None:
                return {"client_keys": [ssh.import_private_key(target.key(), passphrase)]}
            return {"client_keys": [ssh.read_private_key(str(target.identity), passphrase)]}
        except (OSError, UserError, ssh.KeyImportError, ssh.KeyEncryptionError) as error:
            where = "" if target.identity is None else f" {target.identity}"
            raise UnreachableError(f"the private key{where} for {target} cannot be used: {_words(error)}", reason="Unauthorized") from error


def command_line(argv: Sequence[str], timeout: float) -> str:
    """What the other side's shell is given: every word quoted. BlindError for words that no shell carries unchanged."""
    if not argv or any(not word.isprintable() for word in argv):
        raise BlindError("a command holds characters that cannot be sent", reason="Malformed")
    return shlex.join(["sh", "-c", _SCRIPT, "sh", str(math.ceil(timeout) + 1), *argv])


def _end(process: asyncssh.SSHClientProcess[bytes]) -> None:
    """What still runs is killed, where sshd passes the signal on (OpenSSH 7.9)."""
    if not process.is_closing():
        process.kill()
        process.close()


async def _answers(connection: asyncssh.SSHClientConnection) -> bool:
    ssh = importlib.import_module("asyncssh")
    try:
        async with asyncio.timeout(STILL_THERE):
            await connection.run("true", stdin=ssh.DEVNULL)
    except (TimeoutError, OSError, ssh.Error):
        return False
    return True


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)  # asyncio's own words repeat the address, and how it spells a tuple
    return " ".join(str(error).split())[:200] or type(error).__name__
