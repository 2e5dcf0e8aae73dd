"""Secrets by reference: configuration says where a secret lies, never what it is.

Promise: a literal secret is refused, and no error repeats what was given in its place.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from stead.domain.errors import UserError
from stead.domain.held import hold

_PATTERN = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|cred:[A-Za-z0-9_.@-]+)$"
_FORMS = "`env:NAME`, `file:/absolute/path` or `cred:NAME`"
_LARGEST = 64 * 1024
"""Bytes of a secret's file: the largest a systemd credential or a Kubernetes key file is in practice; a device or a log is not read."""


class SecretRef(str):
    """Where a secret lies: `env:NAME`, `file:/path` (readable by its owner alone) or `cred:NAME` (a systemd credential).

    Text of any other form is a ValueError that does not repeat it. The value is read anew at each `resolve`, so it can be rotated, and is
    hidden from then on wherever it appears.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> SecretRef:
        scheme, _, name = text.partition(":")
        known = {"env": name.isidentifier() and name.isascii(), "file": name.startswith("/"), "cred": _is_credential(name)}
        if not known.get(scheme, False) or "\0" in text or "\n" in text:
            raise PydanticCustomError("secret_reference", f"is given by reference, never as itself; write {_FORMS}")
        return super().__new__(cls, text)

    def resolve(self) -> str:
        """The secret, without the line end that editors add. UserError naming the reference when it cannot be read or is empty."""
        scheme, _, name = self.partition(":")
        read = {"env": _from_environment, "file": _from_file, "cred": _from_credential}[scheme]
        value = read(name).removesuffix("\n").removesuffix("\r")
        if not value:
            raise UserError(f"the secret `{self}` is empty", hint="write the secret there, without quotes")
        hold(value)
        return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strict=True))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _PATTERN, "description": f"A reference to a secret: {_FORMS}."}


def _is_credential(name: str) -> bool:
    return bool(name) and not name.startswith(".") and all(c.isascii() and (c.isalnum() or c in "_.@-") for c in name)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UserError(f"the secret `env:{name}` is not in the environment", hint=f"set {name} where Stead is started")
    return value


def _from_file(name: str) -> str:
    path = Path(name)
    text, mode = _read(path, f"file:{name}")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(f"the secret file `{name}` can be read by others (mode {mode & 0o777:04o})", hint=f"chmod 600 {name}")
    return text


def _from_credential(name: str) -> str:
    # systemd guards this folder itself (0500, or an ACL that shows as group-readable): its modes are not judged again.
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise UserError(
            f"the secret `cred:{name}` needs systemd's credentials, and CREDENTIALS_DIRECTORY is not set",
            hint=f"start Stead as a unit with LoadCredential={name}:…",
        )
    return _read(Path(folder) / name, f"cred:{name}")[0]


def _read(path: Path, reference: str) -> tuple[str, int]:
    """The text of a regular file and its mode, both of the one file that was opened. UserError when it cannot be read."""
    try:
        # Not blocking: a pipe in the place of a file must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _read_open(descriptor, reference)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UserError(f"the secret `{reference}` cannot be read: {error.strerror}", hint="check the path and its owner") from error
    except UnicodeDecodeError:
        raise UserError(f"the secret `{reference}` is not UTF-8 text", hint="write the secret as text") from None


def _read_open(descriptor: int, reference: str) -> tuple[str, int]:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"the secret `{reference}` is not a regular file", hint="name the file that holds the secret")
    data = os.read(descriptor, _LARGEST + 1)
    if len(data) > _LARGEST:
        raise UserError(f"the secret `{reference}` is larger than {_LARGEST} bytes", hint="name the file that holds the secret alone")
    return data.decode(), found.st_mode
