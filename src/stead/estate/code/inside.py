"""Runs inside the sandbox, before a coding program, with nothing but Python's own library: its loopback leads to one socket of Stead's.

`inside.py SOCKET -- PROGRAM …`: listens on a port of the sandbox's own loopback, carries each connection to that Unix socket, tells the
program the address as ANTHROPIC_BASE_URL, and ends as it does. Whatever it has left running is killed first: the files stay as they are.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

_LARGEST = 64 * 1024 * 1024
"""Bytes of one file that the program may write."""
_FIRST = 9
"""It is one of the first processes of a namespace of its own, or does nothing: elsewhere these numbers are the kernel's own."""


def main() -> int:
    """The program's exit code, 128 and the signal's number where one ended it."""
    if os.getpid() > _FIRST:
        return 126
    door, program = sys.argv[1], sys.argv[3:]
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=_accept, args=(listener, door), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        code = subprocess.call(program, env={**os.environ, "ANTHROPIC_BASE_URL": address})  # noqa: S603 - the owner's own words
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        code = 127
    # In a namespace of processes of its own that is everything but this process and the namespace's first one (kill(2)).
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _accept(listener: socket.socket, door: str) -> None:
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(door)
        except OSError:
            near.close()
            continue
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
