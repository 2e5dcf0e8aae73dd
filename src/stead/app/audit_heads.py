"""Signed heads of the audit chain: made with a key that is no part of the database, and kept beside it.

Ed25519 (RFC 8032): with the public key anybody can check a head, and nobody can make one.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from stead.domain.audit import Head
from stead.domain.errors import UserError

KEY, HEADS = "audit.key", "audit-heads.jsonl"


class Heads:
    """`key` is the file of the private key, made where there is none; `log` the file to which heads are added."""

    def __init__(self, key: Path, log: Path) -> None:
        self._key, self._log = key, log

    @classmethod
    def in_folder(cls, folder: Path, key: Path | None = None) -> Heads:
        """In a state folder; `key` says where else the key lies."""
        return cls(key or folder / KEY, folder / HEADS)

    def sign(self, head: Head) -> Head:
        """The head with its signature, added to the log. UserError for a key that cannot be used."""
        signed = replace(head, signature=base64.b64encode(self._private().sign(head.signed_text)).decode())
        line = {"seq": signed.seq, "hash": signed.hash, "at": signed.at.isoformat(), "signature": signed.signature}
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
            log.flush()
            os.fsync(log.fileno())
        return signed

    def known(self) -> tuple[list[Head], list[str]]:
        """The heads whose signatures hold, and what is wrong with the others. A line that was cut off by a crash is passed over."""
        good: list[Head] = []
        wrong: list[str] = []
        for number, head in self._read():
            if head is None:
                wrong.append(f"line {number} of {self._log.name} is no head")
            elif self._holds(head):
                good.append(head)
            else:
                wrong.append(f"the signature of the head of row {head.seq} is not ours")
        return good, wrong

    def last(self) -> int:
        """The row of the newest head; 0 before the first."""
        return max((head.seq for _, head in self._read() if head is not None), default=0)

    def public_key(self) -> str:
        """In base64, for whoever checks heads elsewhere."""
        return base64.b64encode(self._private().public_key().public_bytes_raw()).decode()

    def _read(self) -> Iterator[tuple[int, Head | None]]:
        try:
            lines = self._log.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return
        for number, text in enumerate(lines, start=1):
            if number == len(lines) and not text.endswith("\n"):
                return
            try:
                found = json.loads(text)
                at = datetime.fromisoformat(found["at"])
                yield number, Head(seq=int(found["seq"]), hash=str(found["hash"]), at=at, signature=str(found["signature"]))
            except (ValueError, KeyError, TypeError):
                yield number, None

    def _holds(self, head: Head) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._private().public_key().verify(base64.b64decode(head.signature), head.signed_text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _private(self):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        with contextlib.suppress(FileExistsError):
            made = os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()))
        try:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(self._key.read_bytes(), validate=True))
        except (OSError, ValueError) as error:
            raise UserError(f"the key of the audit chain, {self._key}, cannot be used", hint="put the right one back") from error
