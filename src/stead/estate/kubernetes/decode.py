"""Bytes of the Kubernetes API → slices, one object at a time where need be.

Promise: one odd object never costs the others. What cannot be read is handed back as such, and is never taken for healthy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.estate.kubernetes import slices
from stead.estate.kubernetes.kinds import Kind, kind_of
from stead.estate.kubernetes.slices.custom import read_kept

T = TypeVar("T", bound=slices.Object)

MAX_DEPTH = 200
"""How deep an object may be nested. Nothing in the Kubernetes API comes near; deeper is an attack on the reader."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")


class OddObject(Exception):  # noqa: N818 - it names what was found, as Finding does
    """An object that could not be decoded, with as much of its name as could be read."""

    def __init__(self, kind: Kind, namespace: str, name: str, why: str) -> None:
        super().__init__(why)
        self.kind, self.namespace, self.name, self.why = kind, namespace, name, why

    def finding(self, estate: str) -> Finding:
        """Blind evidence: this object is there and nobody can say how it is."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return Finding(
            check="estate",
            subject=Subject(
                estate=estate, api_version=self.kind.api_version, kind=self.kind.kind, namespace=self.namespace, name=self.name
            ),
            reason="Malformed",
            summary=f"{self.kind.kind} {where} could not be read: {self.why}",
            state=FindingState.BLIND,
            evidence=(Evidence(what="decoding", value=self.why, tainted=True),),
        )


@dataclass(slots=True)
class Page:
    """One answer to a list: its objects, those that could not be decoded, where the list goes on ("" at its end), and all as they came."""

    items: list[slices.Object] = field(default_factory=list[slices.Object])
    odd: list[OddObject] = field(default_factory=list[OddObject])
    next: str = ""
    resource_version: str = ""
    raw: Sequence[msgspec.Raw] = ()


class _ListMeta(slices.Slice, frozen=True):
    continue_: str | None = msgspec.field(default=None, name="continue")
    resource_version: str | None = None


class _RawList(slices.Slice, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: tuple[msgspec.Raw, ...] | None = None


_RAW_LIST: msgspec.json.Decoder[_RawList] = msgspec.json.Decoder(_RawList)
_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def _decoder(struct: type[T]) -> msgspec.json.Decoder[T]:
    found = _DECODERS.get(struct)
    if found is None:
        found = _DECODERS[struct] = msgspec.json.Decoder(struct, dec_hook=read_kept)
    return cast("msgspec.json.Decoder[T]", found)


def decode_object(struct: type[T], raw: bytes | memoryview | msgspec.Raw) -> T:
    """One object. A null is an absent field, as it is for Kubernetes. Raises OddObject."""
    try:
        found = _decoder(struct).decode(raw)
    except (ValueError, RecursionError) as error:
        # msgspec's own errors and UnicodeDecodeError are ValueErrors.
        return _decode_leniently(struct, raw, error)
    return _checked(struct, found)


def decode_page(struct: type[slices.Object], raw: bytes | memoryview | msgspec.Raw) -> Page:
    """A list as the API answers it (`items`, `metadata.continue`). Raises ValueError when it is no list at all."""
    try:
        listed = _RAW_LIST.decode(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    items = listed.items or ()
    page = Page(next=listed.metadata.continue_ or "", resource_version=listed.metadata.resource_version or "", raw=items)
    for item in items:
        try:
            page.items.append(decode_object(struct, item))
        except OddObject as odd:
            page.odd.append(odd)
    return page


def convert_object(struct: type[T], plain: Any) -> T:
    """The same for what has been parsed already (YAML). Raises OddObject."""
    try:
        found = msgspec.convert(_without_nulls(plain, MAX_DEPTH, struct), struct, dec_hook=read_kept)
    except (ValueError, RecursionError, TypeError) as error:
        raise _odd(struct, plain, error) from error
    return _checked(struct, found)


def _decode_leniently(struct: type[T], raw: bytes | memoryview | msgspec.Raw, first: Exception) -> T:
    try:
        plain = msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise _odd(struct, None, first) from error
    return convert_object(struct, plain)


def _without_nulls(value: Any, depth: int, struct: type[slices.Object] | None = None) -> Any:
    """`value` without the fields that are null; the values of a ConfigMap are dropped on the way."""
    if depth <= 0:
        raise RecursionError("nested too deeply")
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value).items()
        if struct is slices.ConfigMap:
            return {k: _bare(v) if k in ("data", "binaryData") else _without_nulls(v, depth - 1) for k, v in entries if v is not None}
        return {k: _without_nulls(v, depth - 1) for k, v in entries if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v, depth - 1) for v in cast("list[Any]", value) if v is not None]
    return value


def _bare(value: Any) -> Any:
    return dict.fromkeys(cast("dict[Any, Any]", value), slices.ConfigMap.GONE) if isinstance(value, dict) else value


def _checked(struct: type[T], found: T) -> T:
    """A name goes into commands and onto terminals: one that no API server would take is odd."""
    name, namespace = found.metadata.name, found.metadata.namespace
    if not _NAME.fullmatch(name):
        raise OddObject(kind_of(struct), _plain(namespace), "(no name)", "it has no name that Kubernetes allows")
    if namespace and not _NAME.fullmatch(namespace):
        raise OddObject(kind_of(struct), "", name, "its namespace has a name that Kubernetes does not allow")
    return found


def _odd(struct: type[slices.Object], plain: Any, error: Exception) -> OddObject:
    metadata: Any = cast("dict[str, Any]", plain).get("metadata") if isinstance(plain, dict) else None
    names = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    name, namespace = (_plain(names.get(key)) for key in ("name", "namespace"))
    return OddObject(kind_of(struct), namespace, name or "(no name)", _why(error))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
