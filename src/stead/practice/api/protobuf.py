"""Bodies in Kubernetes' protobuf form, which kubectl's typed clients send: for the kinds that it sends so.

Promise: a kind that stands in `_KINDS` is read whole; any other is refused with 415, as if the server spoke JSON alone.
Answers are always JSON, which every such client accepts. Source: the `generated.proto` files of `k8s.io/api`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.objects import Obj

MAGIC = b"k8s\x00"


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name and form: text, int, bool, bytes, time, a message (by its own fields), or a map of text or bytes."""

    name: str
    form: str = "text"
    fields: dict[int, Field] | None = None
    many: bool = False


def _message(name: str, fields: dict[int, Field], *, many: bool = False) -> Field:
    return Field(name, "message", fields, many)


_OWNER = {
    1: Field("kind"), 3: Field("name"), 4: Field("uid"), 5: Field("apiVersion"), 6: Field("controller", "bool"),
    7: Field("blockOwnerDeletion", "bool"),
}  # fmt: skip
_META = {
    1: Field("name"), 2: Field("generateName"), 3: Field("namespace"), 5: Field("uid"), 6: Field("resourceVersion"),
    7: Field("generation", "int"), 8: Field("creationTimestamp", "time"), 9: Field("deletionTimestamp", "time"),
    10: Field("deletionGracePeriodSeconds", "int"), 11: Field("labels", "texts"), 12: Field("annotations", "texts"),
    13: _message("ownerReferences", _OWNER, many=True), 14: Field("finalizers", many=True),
}  # fmt: skip
_DELETE = {
    1: Field("gracePeriodSeconds", "int"),
    2: _message("preconditions", {1: Field("uid"), 2: Field("resourceVersion")}),
    3: Field("orphanDependents", "bool"),
    4: Field("propagationPolicy"),
    5: Field("dryRun", many=True),
}
_RESOURCE = {
    1: Field("namespace"), 2: Field("verb"), 3: Field("group"), 4: Field("version"), 5: Field("resource"),
    6: Field("subresource"), 7: Field("name"),
}  # fmt: skip
_ACCESS = {
    1: _message("resourceAttributes", _RESOURCE),
    2: _message("nonResourceAttributes", {1: Field("path"), 2: Field("verb")}),
}
_SUBJECT = {**_ACCESS, 3: Field("user"), 4: Field("groups", many=True), 6: Field("uid")}
_REFERENCE = {1: Field("kind"), 2: Field("namespace"), 3: Field("name"), 4: Field("uid"), 5: Field("apiVersion")}


def _kind(**parts: Field) -> dict[int, Field]:
    """A kind's own fields by number (`_2`, `_3` …), with its metadata in front."""
    return {1: _message("metadata", _META), **{int(number[1:]): field for number, field in parts.items()}}


_KINDS: dict[str, dict[int, Field]] = {
    "DeleteOptions": _DELETE,
    "Eviction": _kind(_2=_message("deleteOptions", _DELETE)),
    "Binding": _kind(_2=_message("target", _REFERENCE)),
    "Namespace": _kind(),
    "ServiceAccount": _kind(),
    "ConfigMap": _kind(_2=Field("data", "texts"), _3=Field("binaryData", "blobs"), _4=Field("immutable", "bool")),
    "Secret": _kind(_2=Field("data", "blobs"), _3=Field("type"), _4=Field("stringData", "texts"), _5=Field("immutable", "bool")),
    "Scale": _kind(_2=_message("spec", {1: Field("replicas", "int")})),
    "SelfSubjectAccessReview": _kind(_2=_message("spec", _ACCESS)),
    "SubjectAccessReview": _kind(_2=_message("spec", _SUBJECT)),
    "LocalSubjectAccessReview": _kind(_2=_message("spec", _SUBJECT)),
    "SelfSubjectRulesReview": _kind(_2=_message("spec", {1: Field("namespace")})),
    "SelfSubjectReview": _kind(),
}
_ENVELOPE = {1: _message("type", {1: Field("apiVersion"), 2: Field("kind")}), 2: Field("raw", "bytes")}


def decode(body: bytes) -> Obj | None:
    """The object as JSON would have it; None for a kind that is not known here. Raises ValueError for bytes that are none."""
    if not body.startswith(MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = _read(body[len(MAGIC) :], _ENVELOPE)
    kind: str = envelope.get("type", {}).get("kind", "")
    if kind not in _KINDS:
        return None
    return {**envelope["type"], **_read(envelope.get("raw", b""), _KINDS[kind])}


def _read(data: bytes, fields: dict[int, Field]) -> Obj:
    found: Obj = {}
    for number, value in _wire(data):
        field = fields.get(number)
        if field is None:
            continue
        meant = _value(field, value)
        if field.form in ("texts", "blobs"):
            found.setdefault(field.name, {}).update(meant)
        elif field.many:
            found.setdefault(field.name, []).append(meant)
        elif meant not in ("", None):  # Go writes empty strings out; JSON leaves them away
            found[field.name] = meant
    return found


def _value(field: Field, value: int | bytes) -> Any:
    if isinstance(value, int):
        return bool(value) if field.form == "bool" else value
    match field.form:
        case "message":
            return _read(value, field.fields or {})
        case "texts" | "blobs":
            pair = dict(_wire(value))
            name, content = _bytes(pair.get(1, b"")), _bytes(pair.get(2, b""))
            shown = base64.b64encode(content).decode() if field.form == "blobs" else content.decode()
            return {name.decode(): shown}
        case "time":
            moment = dict(_wire(value)).get(1, 0)
            return timestamps.seconds(datetime.fromtimestamp(moment, UTC)) if isinstance(moment, int) and moment else None
        case "bytes":
            return value
        case _:
            return value.decode()


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _wire(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message, unread: numbers for varints, bytes for what has a length."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, form = tag >> 3, tag & 7
        if form == 0:
            value, at = _varint(data, at)
            yield number, value - (1 << 64) if value >> 63 else value
        elif form == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("unexpected EOF")
            yield number, data[at : at + length]
            at += length
        elif form in (1, 5):
            at += 8 if form == 1 else 4
        else:
            raise ValueError(f"proto: illegal wireType {form}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("unexpected EOF")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
