"""Taking a port, with a sentence for whoever cannot have it."""

from __future__ import annotations

import errno
import socket

from stead.domain.errors import UserError


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket. UserError that says why it cannot be had."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise _why(error, host, port) from error
    found.setblocking(False)
    return found


def _why(error: OSError, host: str, port: int) -> UserError:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return UserError(f"another program listens on {where}", hint="stop it, or name another with --bind; port 0 takes a free one")
    if error.errno == errno.EADDRNOTAVAIL:
        return UserError(f"{host} is not an address of this machine", hint="`ip address` lists them; name one with --bind")
    if error.errno == errno.EACCES:
        return UserError(f"this user may not listen on {where}", hint="ports below 1024 are root's; name another with --bind")
    return UserError(f"cannot listen on {where}: {(error.strerror or str(error)).lower()}", hint="name another with --bind")
