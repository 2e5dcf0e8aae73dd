"""Bodies in Kubernetes' protobuf form, which kubectl's typed clients send since 1.32.

Promise: an object is read whole, or refused with 415 as if the server spoke JSON alone: nothing that was sent is lost. The types are those
of `models`; only numbers come on top (`protobuf_numbers`). Answers are always JSON, which every such client accepts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from stead.practice import timestamps
from stead.practice.api import models, protobuf_numbers
from stead.practice.api.models import Field, Model
from stead.practice.objects import Obj

MAGIC = b"k8s\x00"
_DEEPEST = 100


class UnknownFieldError(Exception):
    """A part that is not known here, and that is not empty."""


def decode(body: bytes) -> Obj | None:
    """The object as JSON would have it; None for one that cannot be read whole. Raises ValueError for bytes that are none."""
    if not body.startswith(MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = dict(_wire(body[len(MAGIC) :]))
    kind = {name: _bytes(value).decode() for name, value in zip(("apiVersion", "kind"), _pair(_bytes(envelope.get(1, b""))), strict=True)}
    model = models.named(kind["apiVersion"], kind["kind"])
    if model is None:
        return None
    try:
        return {**kind, **_Reader(model).read(_bytes(envelope.get(2, b"")), {}, 0)}
    except UnknownFieldError:
        return None


class _Reader:
    """Reads messages of one type."""

    def __init__(self, model: Model, inside: str = "") -> None:
        self._model = model
        self._slots = protobuf_numbers.of(inside or model.name.rpartition(".")[2], model.module)

    def read(self, data: bytes, found: Obj, depth: int) -> Obj:
        if depth > _DEEPEST:
            raise ValueError("proto: the message is too deep")
        for number, value in _wire(data):
            slot = self._slots.get(number) if self._slots is not None else None
            if slot is None:
                if value not in (0, b""):  # Go writes empty parts out
                    raise UnknownFieldError
            elif slot.inline:
                _Reader(self._model, slot.name).read(_bytes(value), found, depth + 1)
            elif slot.name != "status":  # nobody sends one, but for its emptiness
                self._take(found, self._model.fields[slot.name], value, depth, raw=slot.raw)
        return found

    def _take(self, found: Obj, field: Field, value: int | bytes, depth: int, *, raw: bool) -> None:
        if field.form == "map":
            name, content = _pair(_bytes(value))
            found.setdefault(field.name, {})[_bytes(name).decode()] = _of_map(field, _bytes(content), raw=raw)
            return
        meant = _value(field, value, depth, raw=raw)
        if field.many:
            found.setdefault(field.name, []).append(meant)
        elif meant not in ("", None):
            found[field.name] = meant


def _of_map(field: Field, content: bytes, *, raw: bool) -> str:
    if raw:
        return base64.b64encode(content).decode()
    return _bytes(dict(_wire(content)).get(1, b"")).decode() if field.values == "amount" else content.decode()


def _value(field: Field, value: int | bytes, depth: int, *, raw: bool) -> Any:
    if field.model is not None:
        return _Reader(field.model).read(_bytes(value), {}, depth + 1)
    match field.form:
        case "int":
            return value if isinstance(value, int) else None
        case "bool":
            return bool(value)
        case "amount":
            return _bytes(dict(_wire(_bytes(value))).get(1, b"")).decode()
        case "int-or-text":
            parts = dict(_wire(_bytes(value)))
            return _bytes(parts.get(3, b"")).decode() if parts.get(1) else parts.get(2, 0)
        case "time":
            moment = dict(_wire(_bytes(value))).get(1, 0)
            return timestamps.seconds(datetime.fromtimestamp(moment, UTC)) if isinstance(moment, int) and 0 < moment < 1 << 36 else None
        case _:
            return base64.b64encode(_bytes(value)).decode() if raw else _bytes(value).decode()


def _pair(data: bytes) -> tuple[int | bytes, int | bytes]:
    """The first two fields of a message: an entry of a map, or what an object is."""
    parts = dict(_wire(data))
    return parts.get(1, b""), parts.get(2, b"")


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
